//! The steps with the AWS SDK for Rust. What it prints is read by run.py.

use std::env::var;
use std::error::Error;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Steps {
    s3: Client,
    bucket: String,
    prefix: String,
    small: Vec<u8>,
    large: Vec<u8>,
}

/// With all that caused it, on one line.
fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text.replace('\n', " ")
}

fn step(name: &str, done: Result<()>) {
    match done {
        Ok(()) => println!("ok {name}"),
        Err(error) => println!("FAILED {name}: {}", told(&*error)),
    }
}

impl Steps {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn read(&self, name: &str, range: Option<&str>) -> Result<Vec<u8>> {
        let get = self.s3.get_object().bucket(&self.bucket).key(self.key(name));
        let answer = get.set_range(range.map(str::to_owned)).send().await?;
        Ok(answer.body.collect().await?.to_vec())
    }

    async fn keys(&self) -> Result<Vec<String>> {
        let list = self.s3.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix);
        let listed = list.send().await?;
        Ok(listed.contents().iter().filter_map(|one| one.key()).map(str::to_owned).collect())
    }

    async fn upload(&self) -> Result<()> {
        let put = self.s3.put_object().bucket(&self.bucket).key(self.key("small"));
        put.body(self.small.clone().into()).send().await?;
        Ok(())
    }

    async fn parts(&self) -> Result<()> {
        let key = self.key("large");
        let begin = self.s3.create_multipart_upload().bucket(&self.bucket).key(&key);
        let id = begin.send().await?.upload_id.ok_or("no id")?;
        let mut parts = CompletedMultipartUpload::builder();
        for (number, piece) in (1..).zip(self.large.chunks(5 << 20)) {
            let part = self.s3.upload_part().bucket(&self.bucket).key(&key).upload_id(&id);
            let body = piece.to_vec().into();
            let sent = part.part_number(number).body(body).send().await?;
            let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
            parts = parts.parts(part.set_checksum_crc32(sent.checksum_crc32).build());
        }
        let end = self.s3.complete_multipart_upload().bucket(&self.bucket).key(&key);
        end.upload_id(&id).multipart_upload(parts.build()).send().await?;
        check(self.read("large", None).await? == self.large, "another content came back")
    }

    async fn list(&self) -> Result<()> {
        let keys = self.keys().await?;
        check(["small", "large"].iter().all(|name| keys.contains(&self.key(name))), "not listed")
    }

    async fn range(&self) -> Result<()> {
        check(self.read("small", Some("bytes=7-12")).await? == self.small[7..13], "another range")
    }

    async fn copy(&self) -> Result<()> {
        let copy = self.s3.copy_object().bucket(&self.bucket).key(self.key("copied"));
        copy.copy_source(format!("{}/{}", self.bucket, self.key("small"))).send().await?;
        Ok(())
    }

    async fn delete(&self) -> Result<()> {
        let delete = self.s3.delete_object().bucket(&self.bucket).key(self.key("copied"));
        delete.send().await?;
        check(!self.keys().await?.contains(&self.key("copied")), "it is still there")
    }

    async fn presign(&self) -> Result<String> {
        let get = self.s3.get_object().bucket(&self.bucket).key(self.key("small"));
        let signed = get.presigned(PresigningConfig::expires_in(Duration::from_secs(300))?).await?;
        Ok(signed.uri().to_owned())
    }
}

fn check(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(what.into()) }
}

#[tokio::main]
async fn main() -> Result<()> {
    let config = aws_config::load_from_env().await;
    let path = var("CLIENT_STYLE")? == "path";
    let steps = Steps {
        s3: Client::from_conf(Builder::from(&config).force_path_style(path).build()),
        bucket: var("CLIENT_BUCKET")?,
        prefix: var("CLIENT_PREFIX")?,
        small: std::fs::read(var("CLIENT_SMALL")?)?,
        large: std::fs::read(var("CLIENT_LARGE")?)?,
    };
    step("upload", steps.upload().await);
    step("parts", steps.parts().await);
    step("list", steps.list().await);
    step("range", steps.range().await);
    step("copy", steps.copy().await);
    step("delete", steps.delete().await);
    match steps.presign().await {
        Ok(url) => println!("url {url}"),
        Err(error) => println!("FAILED presign: {}", told(&*error)),
    }
    Ok(())
}
