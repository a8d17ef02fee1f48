//! Nothing: this crate is its tests. `tests/demo` drives the demo in process with the AWS SDK for
//! Rust; `e2e/` at the top of the repository drives the built binaries with boto3 and the AWS CLI.
