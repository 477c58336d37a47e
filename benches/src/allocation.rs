//! Counts what the heap is asked for, so that "nothing is allocated beyond the output" is measured, not believed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::race::{Row, Target};

struct Counting;

// Of this thread alone: what is counted by all at once costs more than what it counts.
thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
    static GIVEN_BACK: Cell<u64> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(what: &'static std::thread::LocalKey<Cell<u64>>) {
    what.set(what.get() + 1);
}

/// So many bytes more are held, or fewer.
fn hold(more: isize) {
    let held = HELD.get() + more;
    HELD.set(held);
    MOST.set(MOST.get().max(held));
}

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(&TAKEN);
        hold(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(&GIVEN_BACK);
        hold(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Memory that moves was asked for once too often.
        count(&TAKEN);
        count(&GIVEN_BACK);
        hold(size as isize);
        hold(-(layout.size() as isize));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// How many bytes of the heap `work` holds at most at a time, beyond what was held before.
pub fn peak<T>(work: impl FnOnce() -> T) -> usize {
    let before = HELD.get();
    MOST.set(before);
    drop(work());
    usize::try_from(MOST.get() - before).unwrap_or(0)
}

/// How many allocations of one warm call are given back before it ends: those that are not part of its output.
pub fn beyond_output<T>(name: &'static str, mut work: impl FnMut() -> T) -> Row {
    drop(work());
    let (taken, given_back) = (TAKEN.get(), GIVEN_BACK.get());
    let output = work();
    let passing = GIVEN_BACK.get() - given_back;
    let kept = TAKEN.get() - taken - passing;
    drop(output);
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
