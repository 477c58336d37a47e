//! The `awsaccess` command.
fn main() {}
