//! What crosses the border: text and bytes as pointer and length, structs that name their size.

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;

use zeroize::Zeroizing;

use crate::error::Failure;

/// Text, or bytes: not owned, and not ended by a NUL where it goes in. Where it comes out a NUL follows, which `len`
/// does not count. `{NULL, 0}` is none at all; a pointer with the length 0 is empty text.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_text {
    /// The first byte.
    pub data: *const c_char,
    /// How many bytes.
    pub len: usize,
}

/// A header field; names and values are taken as they are, byte for byte.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_header {
    /// The name.
    pub name: *const c_char,
    /// Its length in bytes.
    pub name_len: usize,
    /// The value.
    pub value: *const c_char,
    /// Its length in bytes.
    pub value_len: usize,
}

/// The text of a string that ends in a NUL; none at all for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_text_of(string: *const c_char) -> awsaccess_text {
    if string.is_null() {
        return awsaccess_text::NONE;
    }
    // SAFETY: the caller gives a string that ends in a NUL.
    let len = unsafe { CStr::from_ptr(string) }.count_bytes();
    awsaccess_text { data: string, len }
}

impl awsaccess_text {
    pub(crate) const NONE: Self = Self { data: std::ptr::null(), len: 0 };

    /// The bytes; `None` for none at all.
    ///
    /// # Safety
    /// `data` is NULL or points to `len` bytes that stay as they are for `'a`.
    pub(crate) unsafe fn bytes<'a>(self, what: &str) -> Result<Option<&'a [u8]>, Failure> {
        // SAFETY: passed on.
        unsafe { bytes(self.data.cast(), self.len, what) }
    }

    /// The text, which must be UTF-8; `None` for none at all.
    ///
    /// # Safety
    /// As [`awsaccess_text::bytes`].
    pub(crate) unsafe fn optional<'a>(self, what: &str) -> Result<Option<&'a str>, Failure> {
        // SAFETY: passed on.
        let bytes = unsafe { self.bytes(what) }?;
        bytes.map(|bytes| utf8(bytes, what)).transpose()
    }

    /// The text, which must be there.
    ///
    /// # Safety
    /// As [`awsaccess_text::bytes`].
    pub(crate) unsafe fn required<'a>(self, what: &str) -> Result<&'a str, Failure> {
        // SAFETY: passed on.
        unsafe { self.optional(what) }?.ok_or_else(|| Failure::input(format!("{what} is missing")))
    }
}

pub(crate) fn utf8<'a>(bytes: &'a [u8], what: &str) -> Result<&'a str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::input(format!("{what} is not utf-8")))
}

/// Bytes by pointer and length; `None` for NULL.
///
/// # Safety
/// `data` is NULL or points to `len` bytes that stay as they are for `'a`.
pub(crate) unsafe fn bytes<'a>(
    data: *const c_void,
    len: usize,
    what: &str,
) -> Result<Option<&'a [u8]>, Failure> {
    match data.is_null() {
        true if len == 0 => Ok(None),
        // SAFETY: passed on; `slice` refuses NULL with a length.
        _ => unsafe { slice(data.cast::<u8>(), len, what) }.map(Some),
    }
}

/// An array by pointer and count. NULL with the count 0 is empty.
///
/// # Safety
/// `data` is NULL or points to `count` elements that stay as they are for `'a`.
pub(crate) unsafe fn slice<'a, T>(data: *const T, count: usize, what: &str) -> Result<&'a [T], Failure> {
    if data.is_null() && count == 0 {
        return Ok(&[]);
    }
    if data.is_null() || count > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(Failure::input(format!("{what}: the pointer and the length do not go together")));
    }
    // SAFETY: not NULL, not beyond the address space, and the caller vouches for the rest.
    Ok(unsafe { std::slice::from_raw_parts(data, count) })
}

/// A name and its value.
pub(crate) type Pair<'a> = (&'a [u8], &'a [u8]);

/// Header fields as pairs of bytes.
///
/// # Safety
/// As [`slice`], for the array and for each name and value.
pub(crate) unsafe fn pairs<'a>(
    headers: *const awsaccess_header,
    count: usize,
) -> Result<Vec<Pair<'a>>, Failure> {
    // SAFETY: passed on.
    let headers = unsafe { slice(headers, count, "headers") }?;
    headers
        .iter()
        // SAFETY: passed on, for each name and value.
        .map(|header| unsafe {
            let name = bytes(header.name.cast(), header.name_len, "a header name")?;
            let value = bytes(header.value.cast(), header.value_len, "a header value")?;
            Ok((name.unwrap_or_default(), value.unwrap_or_default()))
        })
        .collect()
}

/// A struct whose first member, `struct_size`, says how much of it the caller's header knew.
///
/// # Safety
/// `repr(C)`, the first member is `struct_size: usize`, and all bits zero are a value.
pub(crate) unsafe trait Versioned: Copy {}

/// Reads a struct that may be of an older or a newer version of the header. What an older one lacks is zero; what a
/// newer one has beyond must be zero, or the caller relies on what this library cannot do.
///
/// # Safety
/// `pointer` is NULL or points to a struct of as many bytes as its first member says.
pub(crate) unsafe fn read<T: Versioned>(pointer: *const T, what: &str) -> Result<T, Failure> {
    if pointer.is_null() {
        return Err(Failure::input(format!("{what} is null")));
    }
    // SAFETY: the first member is the size, says the trait.
    let size = unsafe { pointer.cast::<usize>().read() };
    let known = size_of::<T>();
    // The least is the size in the first release, which is this one.
    if size < known || size > 16 * known {
        return Err(Failure::input(format!("{what}: set struct_size to the size of the struct")));
    }
    // SAFETY: the struct has `size` bytes.
    let beyond = unsafe { slice(pointer.cast::<u8>().wrapping_add(known), size - known, what) }?;
    if beyond.iter().any(|&byte| byte != 0) {
        return Err(Failure::input(format!("{what} sets a member that this version does not know")));
    }
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: both hold `known` bytes, and the result is a value: the caller's own members, all of plain types.
    unsafe {
        std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), known);
        Ok(copy.assume_init())
    }
}

/// Owns the text that a handle's views point into. A piece never moves once it is kept, has a NUL behind it, and is
/// wiped with the handle.
#[derive(Default)]
pub(crate) struct Arena(Vec<Zeroizing<Vec<u8>>>);

impl Arena {
    /// One that keeps pieces of `capacity` bytes in all, a NUL each, without a further allocation.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(vec![Zeroizing::new(Vec::with_capacity(capacity))])
    }

    pub(crate) fn keep(&mut self, piece: impl AsRef<[u8]>) -> awsaccess_text {
        let piece = piece.as_ref();
        let need = piece.len() + 1;
        if self.0.last().is_none_or(|chunk| chunk.capacity() - chunk.len() < need) {
            self.0.push(Zeroizing::new(Vec::with_capacity(need.max(256))));
        }
        let Some(chunk) = self.0.last_mut() else { return awsaccess_text::NONE };
        let start = chunk.len();
        // Within the capacity, so that nothing moves.
        chunk.extend_from_slice(piece);
        chunk.push(0);
        awsaccess_text { data: chunk.as_ptr().wrapping_add(start).cast(), len: piece.len() }
    }

    pub(crate) fn keep_some(&mut self, piece: Option<impl AsRef<[u8]>>) -> awsaccess_text {
        piece.map_or(awsaccess_text::NONE, |piece| self.keep(piece))
    }

    pub(crate) fn keep_header(
        &mut self,
        name: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> awsaccess_header {
        let (name, value) = (self.keep(name), self.keep(value));
        awsaccess_header { name: name.data, name_len: name.len, value: value.data, value_len: value.len }
    }
}

/// Text that a handle gives anew with each call.
#[derive(Default)]
pub(crate) struct Output(Vec<u8>);

impl Output {
    /// Fills the text, and gives the view that is good until the next time.
    pub(crate) fn fill(
        &mut self,
        fill: impl FnOnce(&mut Vec<u8>) -> Result<(), Failure>,
    ) -> Result<awsaccess_text, Failure> {
        self.0.clear();
        fill(&mut self.0)?;
        self.0.push(0);
        Ok(awsaccess_text { data: self.0.as_ptr().cast(), len: self.0.len() - 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Old {
        struct_size: usize,
        a: usize,
    }
    // SAFETY: as the trait asks.
    unsafe impl Versioned for Old {}

    #[test]
    fn a_newer_struct_is_taken_if_it_says_nothing_new() {
        let mut newer = [4 * size_of::<usize>(), 7, 0, 0];
        // SAFETY: the first member is the size of the array.
        let mut take = |at: usize, value| unsafe {
            newer[at] = value;
            read(newer.as_ptr().cast::<Old>(), "it").map(|old| old.a)
        };
        assert!(take(2, 0).is_ok_and(|a| a == 7));
        assert!(take(3, 1).is_err());
        take(3, 0).ok();
        assert!(take(0, 0).is_err());
        assert!(take(0, size_of::<usize>()).is_err());
        assert!(take(0, usize::MAX).is_err());
        assert!(take(0, 2 * size_of::<usize>()).is_ok());
    }

    #[test]
    fn what_is_kept_stays_where_it_is() {
        let mut arena = Arena::with_capacity(4);
        let views: Vec<_> = (0..100).map(|n| (n, arena.keep(n.to_string().repeat(n)))).collect();
        for (n, view) in views {
            // SAFETY: the arena lives, and each piece has a NUL behind it.
            let kept = unsafe { std::slice::from_raw_parts(view.data.cast::<u8>(), view.len + 1) };
            assert_eq!(kept, format!("{}\0", n.to_string().repeat(n)).as_bytes());
        }
    }
}
