//! The packed form as numbers, texts and sections.

use std::ops::Range;

pub(super) static DATA: &[u8] = include_bytes!("operations.bin");

#[derive(Clone, Copy)]
pub(super) enum Section {
    Texts,
    Models,
    Operations,
    Nodes,
    Hints,
    Fixed,
    Hosts,
    Targets,
}

/// Where the sections begin and the last one ends.
pub(super) const BORDERS: [usize; 9] = borders();

const fn borders() -> [usize; 9] {
    let Some((table, _)) = DATA.split_first_chunk::<36>() else { return [0; 9] };
    let (table, _) = table.as_chunks::<4>();
    match *table {
        [a, b, c, d, e, f, g, h, i] => {
            [word(a), word(b), word(c), word(d), word(e), word(f), word(g), word(h), word(i)]
        }
        _ => [0; 9],
    }
}

const fn word(bytes: [u8; 4]) -> usize {
    u32::from_le_bytes(bytes) as usize
}

/// All texts one after the other, found to be UTF-8 when this is compiled.
const TEXTS: &str = {
    let (texts, _) = DATA.split_at(Section::Texts.border(1));
    let (_, texts) = texts.split_at(Section::Texts.border(0));
    match std::str::from_utf8(texts) {
        Ok(texts) => texts,
        Err(_) => "",
    }
};

impl Section {
    const fn border(self, after: usize) -> usize {
        let [texts, models, operations, nodes, hints, fixed, hosts, targets, end] = BORDERS;
        match self as usize + after {
            0 => texts,
            1 => models,
            2 => operations,
            3 => nodes,
            4 => hints,
            5 => fixed,
            6 => hosts,
            7 => targets,
            _ => end,
        }
    }

    /// Where an item begins.
    pub(super) const fn item(self, nth: usize) -> usize {
        self.border(0) + nth * self.size()
    }

    pub(super) const fn count(self) -> usize {
        (self.border(1) - self.border(0)) / self.size()
    }

    pub(super) const fn size(self) -> usize {
        match self {
            Self::Texts => 1,
            Self::Models => 30,
            Self::Operations | Self::Targets => 6,
            Self::Nodes => 8,
            Self::Hints | Self::Fixed => 10,
            Self::Hosts => 4,
        }
    }
}

/// Four bytes as a number; what is not there is 0.
pub(super) fn number(at: usize) -> usize {
    let bytes = DATA.get(at..).and_then(<[u8]>::first_chunk::<4>).copied().unwrap_or_default();
    word(bytes)
}

pub(super) fn short(at: usize) -> usize {
    let bytes = DATA.get(at..).and_then(<[u8]>::first_chunk::<2>).copied().unwrap_or_default();
    usize::from(u16::from_le_bytes(bytes))
}

pub(super) fn byte(at: usize) -> u8 {
    DATA.get(at).copied().unwrap_or_default()
}

pub(super) fn bytes_of(text: usize) -> &'static [u8] {
    let start = text & 0xf_ffff;
    TEXTS.as_bytes().get(start..start + length_of(text)).unwrap_or_default()
}

pub(super) const fn length_of(text: usize) -> usize {
    text >> 20 & 0x7f
}

pub(super) fn text_of(text: usize) -> &'static str {
    let start = text & 0xf_ffff;
    TEXTS.get(start..start + length_of(text)).unwrap_or_default()
}

/// The first of `range` that is not before what is looked for.
pub(super) fn lower_bound(range: Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let Range { mut start, mut end } = range;
    while start < end {
        let middle = start + (end - start) / 2;
        if is_before(middle) {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}
