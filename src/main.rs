//! The thin binary: everything is in the library.

use std::process::ExitCode;

/// Months of pages of every size leave holes in the system's allocator that it does not give back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    copydesk::cli::main()
}
