//! Which of many names another one ends in, comparing few of them.

/// Names, found by their last letters.
pub(super) struct Endings {
    names: Vec<&'static [u8]>,
    /// The numbers of those whose last letters [come to](slot) each, in their order.
    by_last: Vec<Vec<usize>>,
    /// A bit for each three letters that one of the names ends in.
    last: [u64; LAST / 64],
}

const SLOTS: usize = 256;

/// What the last three letters or digits come to; `None` for names that have fewer.
fn slot(name: &[u8]) -> Option<usize> {
    let [a, b, c] = name.last_chunk::<3>()?.map(usize::from);
    Some((a * 37 + b * 7 + c) % SLOTS)
}

/// So many bits there are for three letters: of most others each has one of its own.
const LAST: usize = 4096;

fn bit([a, b, c]: [u8; 3]) -> usize {
    let [a, b, c] = [a, b, c].map(|letter| usize::from(letter & 31));
    a ^ b << 3 ^ c << 7
}

impl Endings {
    /// Of names of three letters at least.
    pub(super) fn new(names: impl Iterator<Item = &'static str>) -> Self {
        let names: Vec<&[u8]> = names.map(str::as_bytes).collect();
        let mut by_last = vec![Vec::new(); SLOTS];
        for (number, name) in names.iter().enumerate() {
            let last = slot(name).and_then(|slot| by_last.get_mut(slot));
            last.into_iter().for_each(|same: &mut Vec<usize>| same.push(number));
        }
        let mut last = [0; LAST / 64];
        for bit in names.iter().filter_map(|name| name.last_chunk().copied()).map(bit) {
            last.iter_mut().skip(bit / 64).take(1).for_each(|word| *word |= 1 << (bit % 64));
        }
        Self { names, by_last, last }
    }

    /// The number of the first of the names that this one ends in.
    pub(super) fn of(&self, name: &[u8]) -> Option<usize> {
        self.first(name, |end| name.ends_with(end))
    }

    /// Whether there may be a name with these last letters, large or small.
    pub(super) fn may_end_in(&self, last: [u8; 3]) -> bool {
        let bit = bit(last);
        self.last.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// The number of this name.
    pub(super) fn exactly(&self, name: &[u8]) -> Option<usize> {
        self.first(name, |end| name == end)
    }

    fn first(&self, name: &[u8], fits: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let same = self.by_last.get(slot(name)?)?;
        same.iter().find(|number| self.names.get(**number).is_some_and(|end| fits(end))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Endings;

    #[test]
    fn the_first_that_fits_is_found() {
        let endings = Endings::new(["accesskey", "key", "token", "sskey"].into_iter());
        assert_eq!(endings.of(b"awsaccesskey"), Some(0));
        assert_eq!(endings.of(b"sskey"), Some(1));
        assert_eq!(endings.of(b"token"), Some(2));
        assert_eq!([endings.of(b"tokens"), endings.of(b"oken"), endings.of(b"")], [None; 3]);
        assert!(endings.may_end_in(*b"key") && endings.may_end_in(*b"KEN") && !endings.may_end_in(*b"kex"));
        assert_eq!([endings.exactly(b"sskey"), endings.exactly(b"thekey")], [Some(3), None]);
    }
}
