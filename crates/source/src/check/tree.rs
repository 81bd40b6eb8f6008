//! The syntax tree with the way upwards: each node knows its parent and its scope.
//!
//! ruff's tree only goes down. A rule starts from a call and asks what stands around it, so one walk
//! numbers the nodes in source order (the number is kept in the node itself) and notes the parents.

use super::scope::{Builder, ScopeId, Scopes};
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_body};
use ruff_python_ast::{AnyNodeRef, HasNodeIndex, ModModule};
use ruff_text_size::{Ranged, TextRange};

/// Number of a node, in source order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

#[derive(Clone, Copy)]
struct Node<'a> {
    node: AnyNodeRef<'a>,
    parent: u32,
    /// Number after the last node within this one.
    end: u32,
    scope: ScopeId,
}

/// All nodes of a file. Number 0 is the module.
pub struct Tree<'a> {
    nodes: Vec<Node<'a>>,
}

/// Walks a module once: its tree and its scopes.
pub(crate) fn grow(module: &ModModule, size: usize) -> (Tree<'_>, Scopes<'_>) {
    let mut walk = Walk {
        // A guess: one node for five bytes of text.
        nodes: Vec::with_capacity(size / 5),
        open: Vec::new(),
        scopes: Builder::new(),
    };
    walk.enter_node(AnyNodeRef::ModModule(module));
    walk_body(&mut walk, &module.body);
    walk.leave_node(AnyNodeRef::ModModule(module));
    let tree = Tree { nodes: walk.nodes };
    let scopes = walk.scopes.finish();
    (tree, scopes)
}

struct Walk<'a> {
    nodes: Vec<Node<'a>>,
    open: Vec<u32>,
    scopes: Builder<'a>,
}

impl<'a> SourceOrderVisitor<'a> for Walk<'a> {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        let number = u32::try_from(self.nodes.len()).unwrap_or(0);
        node.node_index().set(number.into());
        self.nodes.push(Node {
            node,
            parent: self.open.last().copied().unwrap_or(0),
            end: 0,
            scope: self.scopes.current(),
        });
        self.open.push(number);
        self.scopes.enter(node, NodeId(number));
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, _: AnyNodeRef<'a>) {
        let end = u32::try_from(self.nodes.len()).unwrap_or(0);
        if let Some(number) = self.open.pop() {
            self.nodes[number as usize].end = end;
            self.scopes.leave(NodeId(number));
        }
    }
}

impl<'a> Tree<'a> {
    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> AnyNodeRef<'a> {
        self.nodes[id.0 as usize].node
    }

    /// The scope that a node stands in; a function stands in the scope around it.
    pub fn scope(&self, id: NodeId) -> ScopeId {
        self.nodes[id.0 as usize].scope
    }

    /// What a node stands in.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id.0 != 0).then(|| NodeId(self.nodes[id.0 as usize].parent))
    }

    /// What stands around a node, from the inside to the outside, without itself.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(id), |id| self.parent(*id))
    }

    /// The nodes within a node in source order, itself first. Of node 0: all of the file.
    pub fn within(&self, id: NodeId) -> impl Iterator<Item = NodeId> + use<'a> {
        (id.0..self.nodes[id.0 as usize].end).map(NodeId)
    }

    /// Whether the second node is the first one or stands within it.
    pub fn holds(&self, outer: NodeId, inner: NodeId) -> bool {
        outer <= inner && inner.0 < self.nodes[outer.0 as usize].end
    }

    /// A node's range in the text.
    pub fn range(&self, id: NodeId) -> TextRange {
        self.node(id).range()
    }

    /// The number of a node of this file.
    pub fn id(node: impl HasNodeIndex) -> NodeId {
        NodeId(node.node_index().load().as_u32().unwrap_or(0))
    }
}
