//! Details of waits, each kept once and referred to by number.

#[cfg(test)]
use crate::reader::frames::EMPTY_STACK;
use crate::reader::frames::StackId;
use rightlane_facts::WaitDetail;
use std::collections::HashMap;

/// Number of a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct DetailId(Option<u32>);

impl DetailId {
    /// No detail.
    pub(crate) const NONE: DetailId = DetailId(None);

    /// Its place in [`Details::into_details`].
    pub(crate) fn index(self) -> Option<u32> {
        self.0
    }
}

/// Where and on what a thread spends time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) stack: StackId,
    pub(crate) detail: DetailId,
}

impl Spot {
    /// Not known.
    #[cfg(test)]
    pub(crate) const EMPTY: Spot = Spot {
        stack: EMPTY_STACK,
        detail: DetailId::NONE,
    };
}

/// Every detail seen.
#[derive(Default)]
pub(crate) struct Details {
    details: Vec<WaitDetail>,
    ids: HashMap<WaitDetail, DetailId>,
}

/// Details kept (a server may have more peers than that): those after them are not told.
const MOST_DETAILS: usize = 1 << 16;

impl Details {
    /// The detail's number.
    pub(crate) fn id(&mut self, detail: WaitDetail) -> DetailId {
        if let Some(id) = self.ids.get(&detail) {
            return *id;
        }
        if self.details.len() >= MOST_DETAILS {
            return DetailId::NONE;
        }
        let id = DetailId(u32::try_from(self.details.len()).ok());
        self.details.push(detail.clone());
        self.ids.insert(detail, id);
        id
    }

    /// The detail.
    pub(crate) fn get(&self, id: DetailId) -> Option<&WaitDetail> {
        self.details.get(id.0? as usize)
    }

    /// All of them, by number.
    pub(crate) fn into_details(self) -> Vec<WaitDetail> {
        self.details
    }
}
