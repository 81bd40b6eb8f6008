//! Arguments of a call, and which parameter each goes to.

use super::Walker;
use crate::apart::{self, Of};
use crate::program::{Param, Role};
use crate::value::{Base, ClassId, FuncId, Kind, Path, Source, Sym, Value};

/// One argument.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arg {
    pub value: Value,
    /// The argument's text where it is a bare name, so that indices can be followed.
    pub name: Option<Sym>,
}

/// The arguments of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args {
    pub positional: Vec<Arg>,
    pub keywords: Vec<(Sym, Arg)>,
    /// What `*args` and `**kwargs` at the call may bring for any parameter.
    pub spread: Option<Value>,
}

impl Args {
    pub fn of(values: Vec<Value>) -> Self {
        let positional = values
            .into_iter()
            .map(|value| Arg { value, name: None })
            .collect();
        Self {
            positional,
            ..Self::default()
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Value> {
        let named = self.keywords.iter().map(|(_, arg)| &arg.value);
        self.positional
            .iter()
            .map(|arg| &arg.value)
            .chain(named)
            .chain(&self.spread)
    }

    pub fn at(&self, position: usize) -> Option<&Value> {
        self.positional
            .get(position)
            .map(|arg| &arg.value)
            .or(self.spread.as_ref())
    }

    pub fn keyword(&self, name: &str) -> Option<&Value> {
        self.keywords
            .iter()
            .find(|(key, _)| key.as_str() == name)
            .map(|(_, arg)| &arg.value)
    }

    /// The argument at a position, else the first keyword: most functions of one important
    /// argument allow both.
    pub fn main(&self, position: usize) -> Option<&Value> {
        self.at(position)
            .or_else(|| self.keywords.first().map(|(_, arg)| &arg.value))
    }

    pub fn sources(&self) -> Vec<Source> {
        let mut joined = Value::default();
        self.all().for_each(|value| joined.add_sources(&value.from));
        joined.from
    }

    /// With other arguments in front.
    pub fn after(&self, first: &[Value]) -> Self {
        let mut args = Self::of(first.to_vec());
        args.positional.extend(self.positional.iter().cloned());
        args.keywords = self.keywords.clone();
        args.spread = self.spread.clone();
        args
    }
}

impl Walker<'_, '_> {
    /// The argument for each parameter; `None` where the default holds.
    pub(super) fn distribute(&self, function: FuncId, args: &Args) -> Vec<Option<Arg>> {
        let params = &self.program.function(function).params;
        let mut given: Vec<Option<Arg>> = vec![None; params.len()];
        let mut positional = args.positional.iter();
        for (slot, param) in given.iter_mut().zip(params) {
            match param.role {
                Role::Positional => *slot = positional.next().cloned(),
                Role::Rest => *slot = rest(&mut positional),
                Role::KeywordOnly | Role::Keywords => {}
            }
        }
        for (name, arg) in &args.keywords {
            let at = params
                .iter()
                .position(|param| &param.name == name && param.role != Role::Rest);
            match at.or_else(|| params.iter().position(|param| param.role == Role::Keywords)) {
                Some(at) if params[at].role == Role::Keywords => {
                    let slot = given[at].get_or_insert_with(Arg::default);
                    slot.value.join(&map_of(&arg.value));
                }
                Some(at) => given[at] = Some(arg.clone()),
                None => {}
            }
        }
        if let Some(spread) = &args.spread {
            let missing = given.iter_mut().filter(|slot| slot.is_none());
            missing.for_each(|slot| {
                *slot = Some(Arg {
                    value: spread.clone(),
                    name: None,
                })
            });
        }
        given
    }

    /// What the parameters of the function at hand stand for when its body starts.
    pub(super) fn set_params(&mut self) {
        let program = self.program;
        let function = program.function(self.function);
        for (at, param) in function.params.iter().enumerate() {
            let default = param
                .default
                .map(|default| self.quietly(|walker| walker.eval(default)));
            let value = self.param_value(at, param, default, function.class);
            self.facts.bind(self.function, &param.name, &value);
            self.set_latest(&param.name, &value);
        }
    }

    fn param_value(
        &mut self,
        at: usize,
        param: &Param<'_>,
        default: Option<Value>,
        class: Option<ClassId>,
    ) -> Value {
        let position = u32::try_from(at).unwrap_or(u32::MAX);
        let mut value = self.facts.params[self.function.0 as usize]
            .get(at)
            .cloned()
            .unwrap_or_default();
        if let (0, Some(class)) = (at, class) {
            self.receiver_kind(&mut value, class);
        }
        if let Some(annotation) = param.annotation {
            let declared = self.declared(annotation);
            // What a caller passes is more precise than what the author declared in general.
            if value.kinds.is_empty() {
                value.join(&declared);
            }
        }
        value.foreign |= self.is_handed_in(at, &value);
        if let Some(default) = default {
            value.join(&default.abroad());
        }
        match param.role {
            Role::Rest if value.kinds.is_empty() => value.kinds.push(Kind::Seq(Box::default())),
            Role::Keywords if value.kinds.is_empty() => value.kinds.push(Kind::Map(Box::default())),
            _ => {}
        }
        let data = value.is_plain()
            && !value.foreign
            && value
                .kinds
                .iter()
                .all(|kind| matches!(kind, Kind::Plain | Kind::Tuple(_)));
        // Functions keep the path: what the parameter is called with is the caller's affair.
        value.paths = if data {
            Vec::new()
        } else {
            vec![Path::of(Base::Param(position))]
        };
        value.from = vec![Source::Param(position)];
        value.keys = apart::itself(Of::Param(position));
        // Each caller has words of its own, which it puts in place of the parameter.
        value.words = None;
        value
    }

    /// `self` is an instance of the method's class, `cls` the class itself.
    fn receiver_kind(&self, value: &mut Value, class: ClassId) {
        if self.program.has_decorator(self.function, "staticmethod") {
            return;
        }
        let is_class = self.program.has_decorator(self.function, "classmethod")
            || matches!(
                self.program.function(self.function).name.as_str(),
                "__new__" | "__init_subclass__" | "__class_getitem__"
            );
        let kind = if is_class {
            Kind::Class(class)
        } else {
            Kind::Instance(class)
        };
        value.join(&Value::of(kind));
    }

    /// Evaluates without recording.
    pub(super) fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let recording = std::mem::replace(&mut self.recording, false);
        let result = work(self);
        self.recording = recording;
        result
    }
}

/// What `*args` holds: the positional arguments that are left.
fn rest<'x>(positional: &mut impl Iterator<Item = &'x Arg>) -> Option<Arg> {
    let mut element = Value::default();
    let mut paths = Vec::new();
    let mut any = false;
    for arg in positional {
        any = true;
        element.join(&arg.value);
        element.lose_apart();
        paths.extend(arg.value.paths.iter().cloned());
    }
    if !any {
        return None;
    }
    let from = element.from.clone();
    let mut value = Value::of(Kind::Seq(Box::new(element))).derived(&from);
    value.paths = paths;
    Some(Arg { value, name: None })
}

fn map_of(value: &Value) -> Value {
    let mut value = value.clone();
    value.lose_apart();
    let mut map = Value::of(Kind::Map(Box::new(value.clone())));
    map.paths = value.paths.clone();
    map.derived(&value.from)
}
