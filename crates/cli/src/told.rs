//! What the person says about a program, to overrule what is seen.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum, value_parser};
use rightlane_advise::Told;
use rightlane_advise::guide::{Need, QUESTIONS, QuestionId};
use rightlane_facts::Family;

/// Flags of `advise` that answer a step instead of the evidence.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answers that overrule what is seen")]
pub(crate) struct ToldArgs {
    /// Take only this family, or say yes or no to async/await
    #[arg(long, value_enum, value_name = "WHAT")]
    prefer: Option<Preference>,
    /// What has to be possible with the tasks (see `rightlane choose --help`)
    #[arg(long, value_name = "NEED,…", value_delimiter = ',', value_parser = needs_parser())]
    needs: Vec<String>,
    /// Most requests that the far end bears at once
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    server_limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Preference {
    Async,
    NoAsync,
    Sequential,
    Threads,
    Processes,
    Interpreters,
}

impl ToldArgs {
    pub(crate) fn told(&self) -> Told {
        let prefer_async = match self.prefer {
            Some(Preference::Async) => Some(true),
            Some(Preference::NoAsync) => Some(false),
            _ => None,
        };
        let family = match self.prefer {
            Some(Preference::Sequential) => Some(Family::Sequential),
            Some(Preference::Threads) => Some(Family::Thread),
            Some(Preference::Processes) => Some(Family::Process),
            Some(Preference::Interpreters) => Some(Family::Interpreter),
            _ => None,
        };
        let words = need_words();
        let needs = self
            .needs
            .iter()
            .filter_map(|need| words.iter().position(|word| word == need))
            .filter_map(|index| Need::ALL.get(index).copied())
            .collect();
        Told {
            prefer_async,
            family,
            needs,
            server_limit: self.server_limit,
        }
    }
}

fn needs_parser() -> PossibleValuesParser {
    PossibleValuesParser::new(need_words())
}

/// The words of the guide's needs, in the order of [`Need::ALL`].
fn need_words() -> Vec<&'static str> {
    QUESTIONS
        .iter()
        .filter(|question| question.id == QuestionId::Needs)
        .flat_map(|question| question.answers.iter().map(|row| row.word))
        .collect()
}
