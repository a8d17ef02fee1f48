// The steps with the AWS SDK for JavaScript. What it prints is read by run.py.

import { createReadStream, readFileSync } from "node:fs";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { fromTokenFile } from "@aws-sdk/credential-providers";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const { CLIENT_BUCKET: Bucket, CLIENT_PREFIX: prefix, CLIENT_SMALL: small, CLIENT_LARGE: large } = process.env;
const s3 = new S3Client({ credentials: fromTokenFile(), forcePathStyle: process.env.CLIENT_STYLE === "path" });
const place = { Bucket, Key: `${prefix}small` };

async function step(name, act) {
  try {
    await act();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAILED ${name}: ${error}`.replaceAll("\n", " "));
  }
}

function check(holds, what) {
  if (!holds) throw new Error(what);
}

async function keys() {
  const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
  return listed.Contents.map((one) => one.Key);
}

await step("upload", () => s3.send(new PutObjectCommand({ ...place, Body: readFileSync(small) })));
await step("parts", async () => {
  const params = { Bucket, Key: `${prefix}large`, Body: createReadStream(large) };
  await new Upload({ client: s3, params, partSize: 5 << 20 }).done();
  const back = await s3.send(new GetObjectCommand({ Bucket, Key: `${prefix}large` }));
  const bytes = Buffer.from(await back.Body.transformToByteArray());
  check(bytes.equals(readFileSync(large)), "another content came back");
});
await step("list", async () => {
  const all = await keys();
  check(all.includes(`${prefix}small`) && all.includes(`${prefix}large`), `not listed: ${all}`);
});
await step("range", async () => {
  const part = await s3.send(new GetObjectCommand({ ...place, Range: "bytes=7-12" }));
  check((await part.Body.transformToString()) === readFileSync(small, "utf8").slice(7, 13), "another range");
});
await step("copy", () =>
  s3.send(new CopyObjectCommand({ Bucket, Key: `${prefix}copied`, CopySource: `${Bucket}/${prefix}small` })),
);
await step("delete", async () => {
  await s3.send(new DeleteObjectCommand({ Bucket, Key: `${prefix}copied` }));
  check(!(await keys()).includes(`${prefix}copied`), "it is still there");
});
console.log(`url ${await getSignedUrl(s3, new GetObjectCommand(place), { expiresIn: 300 })}`);
