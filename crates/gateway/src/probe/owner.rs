//! Whether a store compares the owner of a bucket that a client expects.

use http::Method;

use super::ProbeError;
use super::questions::Asking;

/// An account that owns no bucket: AWS's example of one.
const NOBODY: &str = "111122223333";

impl Asking<'_> {
    /// What becomes of a read that expects somebody else's bucket.
    pub(super) async fn bucket_owner(&mut self) -> Result<(), ProbeError> {
        let expected = [("x-amz-expected-bucket-owner", NOBODY)];
        let answer = self.ask(Method::GET, &self.key("plain"), "", &expected, b"").await?;
        if answer.is_success() {
            let says = "IGNORED: compared here, with `account_id`";
            self.report.capability("bucket_owner", false, says);
        } else if answer.status == 403 {
            self.report.capability("bucket_owner", true, format!("compared: {}", answer.shown()));
        } else {
            self.report.row("bucket_owner", format!("not found out: {}", answer.shown()));
        }
        Ok(())
    }
}
