//! Which headers pass, in both directions.
//!
//! Both directions are allow-lists. Towards the store: what the table of operations names, and
//! nothing else; an `x-amz-*` header that it does not name is refused, because it may be a promise
//! (encryption, retention) that would silently not be kept (A58). Towards the client: what
//! describes the object or the operation, and never the store itself.

pub(crate) mod request;
mod response;

pub use request::HeaderError;
pub use response::{Protected, ProtectedSet, override_headers, passes_on_error, response_headers};
