//! The binary; everything is in the library.

use std::process::ExitCode;

/// Months of pages of every size leave holes that the system's allocator does not give back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    copydesk::cli::main()
}
