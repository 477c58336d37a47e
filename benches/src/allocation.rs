//! Counts what the heap is asked for, so that "nothing is allocated beyond the output" is measured, not believed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::race::{Row, Target};

struct Counting;

static TAKEN: AtomicU64 = AtomicU64::new(0);
static GIVEN_BACK: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        GIVEN_BACK.fetch_add(1, Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Memory that moves was asked for once too often.
        TAKEN.fetch_add(1, Relaxed);
        GIVEN_BACK.fetch_add(1, Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// How many allocations of one warm call are given back before it ends: those that are not part of its output.
pub fn beyond_output<T>(name: &'static str, mut work: impl FnMut() -> T) -> Row {
    drop(work());
    let (taken, given_back) = (TAKEN.load(Relaxed), GIVEN_BACK.load(Relaxed));
    let output = work();
    let passing = GIVEN_BACK.load(Relaxed) - given_back;
    let kept = TAKEN.load(Relaxed) - taken - passing;
    drop(output);
    assert_eq!(GIVEN_BACK.load(Relaxed) - given_back, passing + kept, "the output holds what was kept");
    Row {
        name,
        value: passing as f64,
        unit: "allocs",
        peer: "none but the output",
        ratio: passing as f64,
        target: Some(Target::AtMost(0.0)),
    }
}
