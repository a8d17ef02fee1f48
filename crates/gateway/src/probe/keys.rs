//! Which keys a store does not keep apart.

use http::Method;

use super::ProbeError;
use super::questions::Asking;
use super::talk::{encoded, part_query};

impl Asking<'_> {
    pub(super) async fn key_rules(&mut self) -> Result<(), ProbeError> {
        let prefix = self.prefix.clone();
        for (rule, plain, odd) in [
            ("leading-slash", "l", format!("/{prefix}/l")),
            ("double-slash", "d/e", format!("{prefix}/d//e")),
            ("dot-segments", "f", format!("{prefix}/x/../f")),
            ("dot-segments", "g", format!("{prefix}/./g")),
            ("dot-segments", "h/i", format!("{prefix}/h\\i")),
            ("trailing-slash", "t", format!("{prefix}/t/")),
            ("case", "case", format!("{prefix}/CASE")),
        ] {
            let shown = odd.replace(&prefix, "PREFIX");
            let plain = self.key(plain);
            let says = self.apart(&plain, &odd, rule == "trailing-slash").await?;
            if let Err(why) = &says
                && !self.report.key_rules.contains(&rule)
            {
                tracing::debug!(rule, why, "a key is not kept apart");
                let keys_alone = rule == "leading-slash" && !self.lists(&plain, &odd).await?;
                let rule = if keys_alone { "leading-slash-of-keys" } else { rule };
                self.report.key_rules.push(rule);
            }
            let says = says.unwrap_or_else(|why| why);
            self.report.row(format!("key `{shown}`"), says);
        }
        self.part_source().await
    }

    /// Whether anything of the key `plain` is listed with the prefix `odd`.
    async fn lists(&mut self, plain: &str, odd: &str) -> Result<bool, ProbeError> {
        self.begin(plain).await?;
        let mut folds = false;
        for (what, of) in [("objects", ""), ("uploads", "uploads=&")] {
            let query = format!("{of}prefix={}", encoded(odd));
            let listed = self.ask(Method::GET, "", &query, &[], b"").await?;
            let found = listed.is_success() && listed.element("Key").is_some();
            let says = if found { "IS READ WITHOUT its slash" } else { "read as it is" };
            self.report.row(format!("prefix of {what} `/PREFIX/l`"), says);
            folds |= found;
        }
        Ok(folds)
    }

    /// Whether two keys are two objects: `Ok` if so, with what the store makes of the odd one.
    async fn apart(
        &mut self,
        plain: &str,
        odd: &str,
        both: bool,
    ) -> Result<Result<String, String>, ProbeError> {
        self.put(plain, b"plain", &[]).await?;
        if self.get(odd).await?.body == "plain" {
            return Ok(Err("IS READ AS the plain one".to_owned()));
        }
        let written = self.put(odd, b"odd", &[]).await?;
        if self.get(plain).await?.body != "plain" {
            return Ok(Err("IS WRITTEN TO the plain one".to_owned()));
        }
        if !written.is_success() {
            let says = format!("refused: {}", written.shown());
            return Ok(if both { Err(says) } else { Ok(says) });
        }
        let read = self.get(odd).await?;
        if read.body != "odd" {
            return Ok(Err(format!("IS LOST: {}", read.shown())));
        }
        Ok(Ok("kept apart".to_owned()))
    }

    /// Whether the source of a part is decoded once. A `%` that is no escape is not tried: it ends the
    /// process of a store that we know.
    async fn part_source(&mut self) -> Result<(), ProbeError> {
        let (percent, decoded, target) = (self.key("p%41"), self.key("pA"), self.key("part"));
        self.put(&percent, b"percent", &[]).await?;
        self.put(&decoded, b"decoded", &[]).await?;
        let Some(id) = self.begin(&target).await? else { return Ok(()) };
        let from = format!("/{}/{}", self.talk.bucket, encoded(&percent));
        let query = part_query(&id);
        let headers = [("x-amz-copy-source", &*from)];
        let copied = self.ask(Method::PUT, &target, &query, &headers, b"").await?;
        let etag = copied.element("ETag").unwrap_or_default();
        let done = self.complete(&target, &id, &etag, &[]).await?;
        let read = self.get(&target).await?.body;
        let says = if read == "decoded" {
            self.report.key_rules.push("part-source");
            "IS DECODED TWICE".to_owned()
        } else if read == "percent" {
            "decoded once".to_owned()
        } else if copied.is_success() {
            format!("refused: {}", done.shown())
        } else {
            format!("refused: {}", copied.shown())
        };
        self.report.row("source of UploadPartCopy", says);
        Ok(())
    }
}
