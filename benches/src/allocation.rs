//! Counts what the heap is asked for, so that "nothing is allocated beyond the output" is measured, not believed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::race::{Row, Target};

struct Counting;

// Of this thread alone: what is counted by all at once costs more than what it counts.
thread_local! {
    /// Whether anything is counted: a race is not to be slowed by it.
    static COUNTS: Cell<bool> = const { Cell::new(false) };
    static TAKEN: Cell<u64> = const { Cell::new(0) };
    static GIVEN_BACK: Cell<u64> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

/// Notes what is taken, and what is given back.
fn note(taken: Option<usize>, given_back: Option<usize>) {
    if !COUNTS.get() {
        return;
    }
    // What is taken first: memory that moves is in two places for a while.
    if let Some(bytes) = taken {
        TAKEN.set(TAKEN.get() + 1);
        HELD.set(HELD.get() + bytes as isize);
        MOST.set(MOST.get().max(HELD.get()));
    }
    if let Some(bytes) = given_back {
        GIVEN_BACK.set(GIVEN_BACK.get() + 1);
        HELD.set(HELD.get() - bytes as isize);
    }
}

/// Counts while `work` is done.
fn counted<T>(work: impl FnOnce() -> T) -> T {
    COUNTS.set(true);
    let done = work();
    COUNTS.set(false);
    done
}

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(Some(layout.size()), None);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(None, Some(layout.size()));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Memory that moves was asked for once too often.
        note(Some(size), Some(layout.size()));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// How many bytes of the heap `work` holds at most at a time, beyond what was held before.
pub fn peak<T>(work: impl FnOnce() -> T) -> usize {
    let before = HELD.get();
    MOST.set(before);
    counted(|| drop(work()));
    usize::try_from(MOST.get() - before).unwrap_or(0)
}

/// How many allocations of one warm call are given back before it ends: those that are not part of its output.
pub fn beyond_output<T>(name: &'static str, mut work: impl FnMut() -> T) -> Row {
    drop(work());
    let (taken, given_back) = (TAKEN.get(), GIVEN_BACK.get());
    let output = counted(work);
    let passing = GIVEN_BACK.get() - given_back;
    let kept = TAKEN.get() - taken - passing;
    counted(|| drop(output));
    assert_eq!(GIVEN_BACK.get() - given_back, passing + kept, "the output holds what was kept");
    Row {
        name,
        value: passing as f64,
        unit: "allocs",
        peer: "none but the output",
        ratio: passing as f64,
        target: Some(Target::AtMost(0.0)),
    }
}
