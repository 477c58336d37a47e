//! Where a sink's lines go, and how it comes to another place while entries are on their way.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use awsaccess::audit::Link;

use super::file::Id;
use super::lines::{Chain, Lines};
use super::{Sink, Style};
use crate::config::Audit;

/// Where lines go.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    Stdout,
    /// The file that had this name when it was opened, and which one that is.
    File(PathBuf, Option<Id>),
    /// The program's own.
    Given,
}

impl Place {
    const fn of(audit: &Audit) -> Option<&PathBuf> {
        match audit {
            Audit::File(path) => Some(path),
            Audit::Stdout | Audit::Given(_) => None,
        }
    }
}

/// What a sink becomes.
pub(crate) enum Change {
    /// The same place, and another form.
    Restyled(Style),
    /// Another file of the same name, which is open already: the one before was moved away.
    Renewed(Box<Sink>),
    /// Another place, which is open already.
    Moved(Box<Sink>),
}

impl Sink {
    /// To where a configuration wants it.
    pub(crate) fn open(audit: &mut Audit, style: Style) -> io::Result<Self> {
        match audit {
            Audit::Stdout => Ok(Self::stdout(style)),
            Audit::File(path) => Self::file(path, style),
            Audit::Given(writer) => {
                Ok(Self::new(std::mem::replace(writer, Box::new(io::sink())) as Box<dyn Write + Send>, style))
            }
        }
    }

    /// Makes ready what another configuration wants. A writer that the program gave stays, unless it gives another.
    pub(crate) fn ready(&self, audit: &mut Audit, style: Style) -> io::Result<Option<Change>> {
        let (place, chained) = {
            let lines = self.lines();
            (lines.place.clone(), lines.chain.is_some())
        };
        let is_same = match (&place, &*audit) {
            (Place::Given, Audit::Stdout | Audit::File(_)) => return Ok(None),
            (Place::Stdout, Audit::Stdout) => true,
            (Place::File(path, _), audit) => Place::of(audit) == Some(path),
            _ => false,
        };
        let is_there = match &place {
            Place::File(path, Some(id)) => Id::of(fs::metadata(path)) == Some(*id),
            _ => true,
        };
        if is_same && is_there && chained == style.chain {
            return Ok(Some(Change::Restyled(style)));
        }
        let sink = Box::new(Self::open(audit, style)?);
        Ok(Some(if is_same { Change::Renewed(sink) } else { Change::Moved(sink) }))
    }

    /// Goes on there. What is on its way ends there, too.
    pub(crate) fn turn(&self, change: Change) {
        let mut lines = self.lines();
        lines.flush();
        // A chain goes on in a new file as it does in one that was cut; one that is broken begins anew there.
        let is_new = |sink: &Self| matches!(sink.lines().chain, Some(Chain::Whole(Link::FIRST)));
        let goes_on = matches!(&change, Change::Renewed(sink) if is_new(sink))
            && matches!(lines.chain, Some(Chain::Whole(_)));
        match change {
            Change::Restyled(style) => (lines.format, lines.on_failure) = (style.format, style.on_failure),
            Change::Renewed(sink) | Change::Moved(sink) => {
                let Lines { place, writer, format, chain, on_failure, .. } = &mut *sink.lines();
                if goes_on {
                    *chain = lines.chain.take();
                }
                std::mem::swap(&mut lines.place, place);
                std::mem::swap(&mut lines.writer, writer);
                std::mem::swap(&mut lines.chain, chain);
                (lines.format, lines.on_failure) = (*format, *on_failure);
            }
        }
    }
}
