//! The operations of AWS's public service models: read where they lie, nothing parsed beforehand.
//!
//! `tools/operations.py` writes `core/src/operation/catalogue/operations.txt` from the models of botocore, for people, and packs it into
//! `operations.bin`. All numbers are little-endian. Nine offsets come first: of each section below, and of the end.
//!
//! | section | an item | bytes |
//! |---|---|---|
//! | texts | every text, once | 1 |
//! | models | name, signing name, IAM prefix, API version, target prefix (texts), first host, hosts, protocols (a bit each), first operation, operations, root of its paths | 30 |
//! | operations | name (a text; access in bits 27 and 28, method above), first hint | 6 |
//! | nodes | segment (a text; kind in bits 27 and 28), first child, first operation; both end where those of the next node begin | 8 |
//! | hints | kind, name (texts), place (bit 7 ends a list), number of the label | 10 |
//! | fixed | operation, parameter, value (texts): what a query must have | 10 |
//! | hosts | what stands before region and suffix | 4 |
//! | targets | prefix of `X-Amz-Target`, model, by prefix | 6 |
//!
//! A text is an offset of 20 bits and a length of seven. Models are sorted by signing name; operations by name where a
//! model has no paths, and else in the order of the nodes that they end at; the children of a node by segment, a label
//! after all of them, a greedy one last.

mod table;

use std::cmp::Ordering;
use std::ops::Range;

use super::{Access, Protocol};
use table::{Section, byte, bytes_of, length_of, lower_bound, number, short, text_of};

const NONE: usize = 0xffff;

/// A service, as AWS publishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model(usize);

impl Model {
    /// Every model there is, by signing name.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..Section::Models.count()).map(Self)
    }

    /// Those that sign under a name. One that many share wire forms with comes first.
    pub(super) fn signing(name: &str) -> impl Iterator<Item = Self> + Clone + use<'_> {
        let count = Section::Models.count();
        let start = lower_bound(0..count, |nth| bytes_of(Self(nth).at(4)) < name.as_bytes());
        (start..count).map(Self).take_while(move |model| bytes_of(model.at(4)) == name.as_bytes())
    }

    /// Those whose operations are asked for under a prefix of `X-Amz-Target`.
    pub(super) fn targeted(prefix: &[u8]) -> impl Iterator<Item = Self> {
        let count = Section::Targets.count();
        let prefix_at = |nth| bytes_of(number(Section::Targets.item(nth)));
        let start = lower_bound(0..count, |nth| prefix_at(nth) < prefix);
        let own = (start..count).take_while(move |nth| prefix_at(*nth) == prefix);
        own.map(|nth| Self(short(Section::Targets.item(nth) + 4)))
    }

    /// Those of query services, for requests of which nothing else is known.
    pub(super) fn of_version(version: &[u8]) -> impl Iterator<Item = Self> {
        let query = |model: &Self| model.speaks(Protocol::Query) || model.speaks(Protocol::Ec2);
        (0..Section::Models.count())
            .map(Self)
            .filter(move |model| model.version().as_bytes() == version)
            .filter(query)
    }

    fn at(self, offset: usize) -> usize {
        number(Section::Models.item(self.0) + offset)
    }

    fn short_at(self, offset: usize) -> usize {
        short(Section::Models.item(self.0) + offset)
    }

    /// As SDKs and the AWS CLI call it.
    pub(super) fn name(self) -> &'static str {
        text_of(self.at(0))
    }

    pub(super) fn signs_as(self) -> &'static str {
        text_of(self.at(4))
    }

    /// What its actions in IAM policies begin with.
    pub(super) fn iam(self) -> &'static str {
        text_of(self.at(8))
    }

    pub(super) fn version(self) -> &'static str {
        text_of(self.at(12))
    }

    /// Its prefix in `X-Amz-Target`, and its name in the paths of RPC v2.
    pub(super) fn target(self) -> &'static [u8] {
        bytes_of(self.at(16))
    }

    /// What stands in its hosts before region and suffix; kept only where its signing name is shared.
    pub(super) fn hosts(self) -> impl Iterator<Item = &'static str> {
        let (first, count) = (self.short_at(20), usize::from(byte(Section::Models.item(self.0) + 22)));
        (first..first + count).map(|nth| text_of(number(Section::Hosts.item(nth))))
    }

    pub(super) fn speaks(self, protocol: Protocol) -> bool {
        let bit = match protocol {
            Protocol::Query => 0,
            Protocol::Ec2 => 1,
            Protocol::Json10 => 2,
            Protocol::Json11 => 3,
            Protocol::RestJson => 4,
            Protocol::RestXml | Protocol::S3 => 5,
            Protocol::Cbor => 6,
        };
        byte(Section::Models.item(self.0) + 23) >> bit & 1 == 1
    }

    pub(super) fn speaks_json(self) -> bool {
        self.speaks(Protocol::Json10) || self.speaks(Protocol::Json11)
    }

    pub(super) fn operations(self) -> impl Iterator<Item = Entry> {
        let first = self.short_at(24);
        (first..first + self.short_at(26)).map(Entry)
    }

    /// The name, if a fixed parameter of one of its operations has it.
    pub(super) fn fixed(self, name: &[u8]) -> Option<&'static [u8]> {
        let (first, end) = (self.short_at(24), self.short_at(24) + self.short_at(26));
        let count = Section::Fixed.count();
        let start = lower_bound(0..count, |nth| short(Section::Fixed.item(nth)) < first);
        let own = (start..count).take_while(|nth| short(Section::Fixed.item(*nth)) < end);
        let mut names = own.map(|nth| number(Section::Fixed.item(nth) + 2));
        // Most differ in length, which is at hand.
        let found = names.find(|text| length_of(*text) == name.len() && bytes_of(*text) == name)?;
        Some(bytes_of(found))
    }

    /// The operation of that name, of a model whose operations are named on the wire.
    pub(super) fn find(self, name: &[u8]) -> Option<Entry> {
        if self.root().is_some() {
            return None;
        }
        let first = self.short_at(24);
        let end = first + self.short_at(26);
        let found = Entry(lower_bound(first..end, |nth| Entry(nth).name_bytes() < name));
        (found.0 < end && found.name_bytes() == name).then_some(found)
    }

    /// Where its paths begin, if its operations have some.
    pub(super) fn root(self) -> Option<Node> {
        let root = self.short_at(28);
        (root != NONE).then_some(Node(root))
    }
}

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry(usize);

/// Where in a request a hint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The label of that number.
    Path(usize),
    Query,
    Header,
    /// A member of the body, at its top.
    Body,
}

/// What a value of a request says: its kind, and where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hint {
    pub(super) kind: &'static str,
    pub(super) place: Place,
    /// The name on the wire; of a label, none.
    pub(super) name: &'static str,
}

impl Entry {
    fn word(self) -> usize {
        number(Section::Operations.item(self.0))
    }

    fn name_bytes(self) -> &'static [u8] {
        bytes_of(self.word())
    }

    pub(super) fn name(self) -> &'static str {
        text_of(self.word())
    }

    pub(super) fn access(self) -> Access {
        match self.word() >> 27 & 3 {
            0 => Access::Read,
            1 => Access::Write,
            2 => Access::Permissions,
            _ => Access::Credentials,
        }
    }

    /// The method of a REST operation.
    pub(super) fn method(self) -> Option<&'static str> {
        ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"].get(self.word() >> 29).copied()
    }

    pub(super) fn model(self) -> Model {
        let after = lower_bound(0..Section::Models.count(), |nth| Model(nth).short_at(24) <= self.0);
        Model(after.saturating_sub(1))
    }

    pub(super) fn hints(self) -> impl Iterator<Item = Hint> + Clone {
        let first = short(Section::Operations.item(self.0) + 4);
        let mut next = (first != NONE).then_some(first);
        std::iter::from_fn(move || {
            let nth = next?;
            let at = Section::Hints.item(nth);
            let place = byte(at + 8);
            next = (place & 0x80 == 0 && nth < Section::Hints.count()).then_some(nth + 1);
            let place = match place & 0x7f {
                0 => Place::Path(usize::from(byte(at + 9))),
                1 => Place::Query,
                2 => Place::Header,
                _ => Place::Body,
            };
            Some(Hint { kind: text_of(number(at)), place, name: text_of(number(at + 4)) })
        })
    }

    /// The parameters that its query must have, with the value where one is given.
    pub(super) fn fixed(self) -> impl Iterator<Item = (&'static [u8], &'static [u8])> + Clone {
        let owner = |nth| short(Section::Fixed.item(nth));
        let count = Section::Fixed.count();
        let start = lower_bound(0..count, |nth| owner(nth) < self.0);
        let own = (start..count).take_while(move |nth| owner(*nth) == self.0);
        own.map(|nth| {
            let at = Section::Fixed.item(nth);
            (bytes_of(number(at + 2)), bytes_of(number(at + 6)))
        })
    }
}

/// A place that a path can have reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node(usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(&'static [u8]),
    Label,
    Greedy,
}

impl Node {
    pub(super) fn segment(self) -> Segment {
        let word = number(Section::Nodes.item(self.0));
        match word >> 27 & 3 {
            0 => Segment::Literal(bytes_of(word)),
            1 => Segment::Label,
            _ => Segment::Greedy,
        }
    }

    fn children(self) -> Range<usize> {
        let at = Section::Nodes.item(self.0);
        short(at + 4)..short(at + Section::Nodes.size() + 4)
    }

    pub(super) fn literal(self, segment: &[u8]) -> Option<Self> {
        let children = self.children();
        let end = children.end;
        let order = |nth| match Self(nth).segment() {
            Segment::Literal(own) => own.cmp(segment),
            Segment::Label | Segment::Greedy => Ordering::Greater,
        };
        let found = lower_bound(children, |nth| order(nth) == Ordering::Less);
        (found < end && order(found) == Ordering::Equal).then_some(Self(found))
    }

    fn wild(self, kind: Segment) -> Option<Self> {
        self.children().rev().take(2).map(Self).find(|child| child.segment() == kind)
    }

    pub(super) fn label(self) -> Option<Self> {
        self.wild(Segment::Label)
    }

    pub(super) fn greedy(self) -> Option<Self> {
        self.wild(Segment::Greedy)
    }

    pub(super) fn is_leaf(self) -> bool {
        self.children().is_empty()
    }

    /// Those that end here; the more their query must have, the earlier.
    pub(super) fn operations(self) -> impl Iterator<Item = Entry> + Clone {
        let at = Section::Nodes.item(self.0);
        (short(at + 6)..short(at + Section::Nodes.size() + 6)).map(Entry)
    }
}

#[cfg(test)]
mod tests;
