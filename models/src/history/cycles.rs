//! Cycles of dependencies.

use std::collections::{BTreeSet, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::dependencies::{Dependency, Kind};
use super::{Anomaly, Kind as Class};

type Graph = DiGraph<(), Kind>;

/// Returns cycles of the worst class, one for each strongly connected component.
pub(super) fn find(transactions: usize, dependencies: &BTreeSet<Dependency>) -> Vec<Anomaly> {
    let mut found = Vec::new();
    // Each class has a cycle with one more kind of dependency.
    for last in [Kind::WriteWrite, Kind::WriteRead, Kind::ReadWrite, Kind::RealTime] {
        let graph = graph(transactions, dependencies, last);
        for component in tarjan_scc(&graph).into_iter().filter(|component| component.len() > 1) {
            let component: BTreeSet<_> = component.into_iter().collect();
            found.extend(cycles(&graph, &component, last));
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

fn graph(transactions: usize, dependencies: &BTreeSet<Dependency>, last: Kind) -> Graph {
    let mut graph = Graph::new();
    for _ in 0..transactions {
        graph.add_node(());
    }
    for dependency in dependencies.iter().filter(|dependency| dependency.kind <= last) {
        graph.add_edge(NodeIndex::new(dependency.from), NodeIndex::new(dependency.to), dependency.kind);
    }
    graph
}

/// Returns the cycles of a component that contain a dependency of this kind: the shortest one of each class.
fn cycles(graph: &Graph, component: &BTreeSet<NodeIndex>, last: Kind) -> Vec<Anomaly> {
    let mut found: Vec<(Class, Vec<NodeIndex>)> = Vec::new();
    let starts = graph.edge_references().filter(|edge| *edge.weight() == last);
    for edge in starts.filter(|edge| component.contains(&edge.source()) && component.contains(&edge.target())) {
        let path = |most: Kind| path(graph, component, edge.target(), edge.source(), most);
        let cycle = match last {
            Kind::WriteWrite => path(last).map(|path| (Class::G0, path)),
            Kind::WriteRead => path(last).map(|path| (Class::G1c, path)),
            Kind::ReadWrite => match path(Kind::WriteRead) {
                Some(path) => Some((Class::GSingle, path)),
                None => path(last).map(|path| (Class::G2, path)),
            },
            Kind::RealTime => path(last).map(|path| (Class::RealTime, path)),
        };
        let Some((class, path)) = cycle else { continue };
        match found.iter_mut().find(|(known, _)| *known == class) {
            Some((_, shortest)) if shortest.len() <= path.len() => {}
            Some((_, shortest)) => *shortest = path,
            None => found.push((class, path)),
        }
    }
    found.into_iter().map(|(kind, cycle)| Anomaly { kind, what: text(graph, &cycle) }).collect()
}

/// Returns the shortest path within a component, by dependencies up to this kind.
fn path(
    graph: &Graph,
    component: &BTreeSet<NodeIndex>,
    from: NodeIndex,
    to: NodeIndex,
    most: Kind,
) -> Option<Vec<NodeIndex>> {
    let mut before = vec![None; graph.node_count()];
    let mut open = VecDeque::from([from]);
    while let Some(node) = open.pop_front() {
        if node == to {
            let mut path = vec![node];
            while let Some(earlier) = before[path[path.len() - 1].index()].filter(|_| path[path.len() - 1] != from) {
                path.push(earlier);
            }
            path.reverse();
            return Some(path);
        }
        for edge in graph.edges(node).filter(|edge| *edge.weight() <= most && component.contains(&edge.target())) {
            if edge.target() != from && before[edge.target().index()].is_none() {
                before[edge.target().index()] = Some(node);
                open.push_back(edge.target());
            }
        }
    }
    None
}

/// Returns the cycle as text: `3 -ReadWrite-> 5 -WriteWrite-> 3`.
fn text(graph: &Graph, cycle: &[NodeIndex]) -> String {
    let mut text = cycle.first().map_or_else(String::new, |first| first.index().to_string());
    for (from, to) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
        let kind = graph.edges_connecting(*from, *to).map(|edge| *edge.weight()).min();
        text += &kind.map_or_else(String::new, |kind| format!(" -{kind:?}-> {}", to.index()));
    }
    text
}
