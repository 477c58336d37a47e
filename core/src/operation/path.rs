//! Operations that are told by method and path: the segments of a path against the templates of a model.

use smallvec::SmallVec;

use super::Why;
use super::catalogue::{Entry, Node, Segment};
use super::form::{self, Param, Query};

/// The values of a path's labels, in order, as they were sent.
pub(super) type Labels<'a> = SmallVec<[&'a [u8]; 8]>;

/// The most segments that a path is read in.
const MOST: usize = 256;
/// How many segments can follow a greedy label in a template.
const AFTER_GREEDY: usize = 3;

/// A path, cut at its slashes.
pub(super) struct Path<'a> {
    text: &'a [u8],
    /// Where each segment begins and ends.
    segments: SmallVec<[(usize, usize); 16]>,
}

impl<'a> Path<'a> {
    /// `None`: more segments than any template has.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let mut segments = SmallVec::new();
        let mut start = usize::from(text.starts_with(b"/"));
        let end = text.len();
        for slash in memchr::memchr_iter(b'/', text.get(start..).unwrap_or_default()) {
            let at = slash + usize::from(text.starts_with(b"/"));
            segments.push((start, at));
            start = at + 1;
            if segments.len() > MOST {
                return None;
            }
        }
        // A slash at the end begins nothing.
        if start < end {
            segments.push((start, end));
        }
        Some(Self { text, segments })
    }

    /// Whether a segment is empty, `.` or `..`: readers differ in what becomes of it.
    pub(super) fn is_crooked(&self) -> bool {
        let dots = |segment: &[u8]| {
            let plain = |text: &[u8]| matches!(text, b"" | b"." | b"..");
            plain(segment) || (segment.len() <= 6 && plain(&form::segment(segment)))
        };
        (0..self.segments.len()).any(|nth| dots(self.segment(nth)))
    }

    fn segment(&self, nth: usize) -> &'a [u8] {
        let (start, end) = self.segments.get(nth).copied().unwrap_or_default();
        self.text.get(start..end).unwrap_or_default()
    }

    /// From a segment up to and without another.
    fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        let start = self.segments.get(from).map_or(self.text.len(), |(start, _)| *start);
        let end = match to == self.segments.len() {
            // The slash at the end belongs to a label that takes slashes.
            true => self.text.len(),
            false => to.checked_sub(1).and_then(|last| self.segments.get(last)).map_or(0, |(_, end)| *end),
        };
        self.text.get(start..end).unwrap_or_default()
    }
}

/// What is looked for: a path, with the method and the parameters that go with it.
pub(super) struct Wanted<'a, 'b> {
    pub(super) path: &'b Path<'a>,
    pub(super) method: &'b str,
    pub(super) query: Query<'a>,
}

impl<'a> Wanted<'a, '_> {
    /// The operation below `root`: a literal goes before a label, a label before one that takes slashes.
    pub(super) fn find(&self, root: Node) -> Result<Option<(Entry, Labels<'a>)>, Why> {
        let mut labels = Labels::new();
        let found = self.below(root, 0, &mut labels)?;
        Ok(found.map(|entry| (entry, labels)))
    }

    /// As deep as the templates are.
    fn below(&self, node: Node, at: usize, labels: &mut Labels<'a>) -> Result<Option<Entry>, Why> {
        let count = self.path.segments.len();
        if at == count {
            return self.choose(node);
        }
        let segment = self.path.segment(at);
        if let Some(child) = node.literal(&form::segment(segment))
            && let Some(found) = self.below(child, at + 1, labels)?
        {
            return Ok(Some(found));
        }
        if let Some(child) = node.label().filter(|_| !segment.is_empty()) {
            labels.push(segment);
            if let Some(found) = self.below(child, at + 1, labels)? {
                return Ok(Some(found));
            }
            labels.pop();
        }
        let Some(child) = node.greedy() else { return Ok(None) };
        // What follows the label is at the end of the path; the longer, the more it says.
        let first = if child.is_leaf() { count } else { count.saturating_sub(AFTER_GREEDY).max(at + 1) };
        for end in first..=count {
            labels.push(self.path.slice(at, end));
            if let Some(found) = self.below(child, end, labels)? {
                return Ok(Some(found));
            }
            labels.pop();
        }
        Ok(None)
    }

    /// Of the operations that end here, the one of this method whose fixed parameters are there.
    fn choose(&self, node: Node) -> Result<Option<Entry>, Why> {
        let mut wrong = false;
        for entry in node.operations().filter(|entry| entry.method() == Some(self.method)) {
            let mut fits = true;
            for (name, value) in entry.fixed() {
                match self.parameter(name)? {
                    Some(param) if value.is_empty() || *param.value() == *value => {}
                    found => {
                        fits = false;
                        wrong |= found.is_some();
                    }
                }
            }
            if fits {
                let plain = entry.fixed().next().is_none();
                return match wrong && plain {
                    true => Err("a parameter that chooses the operation has no known value"),
                    false => Ok(Some(entry)),
                };
            }
        }
        Ok(None)
    }

    fn parameter(&self, name: &[u8]) -> Result<Option<Param<'a>>, Why> {
        let mut all = self.query.params().filter(|param| param.is(name));
        match (all.next(), all.next()) {
            (found, None) => Ok(found),
            _ => Err("a parameter that chooses the operation is there twice"),
        }
    }
}

/// The node that the first so many labels of a template lead to, for S3, whose host can name the bucket.
pub(super) fn below_labels(root: Node, labels: usize) -> Option<Node> {
    let deeper = |node: Node| node.label().or_else(|| node.greedy());
    (0..labels).try_fold(root, |node, _| deeper(node)).filter(|node| match node.segment() {
        Segment::Literal(_) => labels == 0,
        Segment::Label | Segment::Greedy => true,
    })
}
