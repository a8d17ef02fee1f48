//! Exactly what the user wrote: every key optional, nothing interpreted.
//!
//! What is declared here is the whole table of keys; [`super::validate`] says what may stand there.
//! No file is read and no default applied in this step.

use std::time::Duration;

use super::limits::RawLimits;
use super::secret::{SecretRef, TextOrRef};
use super::shape::{Free, Named, Value, section};

section! {
    /// The whole configuration.
    RawConfig {
        /// The account that roles, users and providers belong to. One gateway is one account.
        account_id: String as "12 digits" = "000000000000";
        /// Where the gateway listens.
        listen: RawListen = "";
        /// Host names that clients reach S3 by: path style on each, virtual-host style below each.
        /// An IP address is path style only.
        domains: Vec<Value<String>> as "list of host names" = "required with `listen.s3`";
        /// Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. Policies that use
        /// `aws:SourceIp`, `aws:SecureTransport` or `s3:TlsVersion` load only if this is set, to
        /// `[]` when clients connect directly.
        trusted_proxies: Vec<Value<String>> as "list of networks" = "not set";
        /// The key ring that session tokens are sealed with: lines `id state key`, made by
        /// `fakes3pp keys`. The same for all replicas.
        keys: SecretRef as "secret" = "required";
        /// The S3 stores behind the gateway.
        stores: Vec<Value<RawStore>> = "required with `listen.s3`";
        /// The identity providers whose tokens are taken.
        providers: Vec<Value<RawProvider>> = "required with `listen.sts`, unless there are users";
        /// Folder with one JSON file a role, in AWS's field names (`Arn`,
        /// `AssumeRolePolicyDocument`, `Policies`, ...).
        roles: String as "path of a folder" = "no roles";
        /// Folder with managed policies, in AWS's own JSON: `NAME.json` is
        /// `arn:aws:iam::ACCOUNT:policy/NAME`, for `PolicyArns` of STS calls and for
        /// `AttachedManagedPolicies` of roles.
        managed_policies: String as "path of a folder" = "no managed policies";
        /// Who is cut off, whatever keys they hold.
        revoked: Vec<Value<RawRevoked>> = "nobody";
        /// Folder with bucket policies, in AWS's own JSON: `BUCKET.json`, or `STORE/BUCKET.json` for a
        /// bucket of a certain store. They are decided together with the policies of the caller.
        bucket_policies: String as "path of a folder" = "no bucket policies";
        /// What ListBuckets shows to those who may call it: `visible`, the buckets that they may
        /// list something in, or `all`, as AWS does.
        list_buckets: String as "`visible` or `all`" = "visible";
        /// Whether requests to S3 may be signed with HMACv1 (signature version 2) in the
        /// `Authorization` header, for clients that have nothing newer. It signs neither the body nor
        /// most headers, names no region, and is as good as the connection: have TLS.
        hmac_v1_header: bool = "false";
        /// Names that a viewer or cache appends to the query of a presigned URL after it was
        /// signed. They are taken out before anything looks at the URL. Names that AWS uses cannot
        /// be listed.
        removable_query_parameters: Vec<Value<String>> as "list of names" = "[]";
        /// Static service accounts, for tools that cannot log in with OIDC.
        users: Vec<Value<RawUser>> = "no users";
        /// Who may use the admin listener.
        admin: RawAdmin = "";
        /// Request headers `x-amz-...` that are dropped where they would otherwise be refused as
        /// unknown.
        harmless_headers: Vec<Value<String>> as "list of header names" = "[]";
        /// Timeouts and sizes.
        limits: RawLimits = "";
        /// When the configuration is read again, beside SIGHUP.
        reload: RawReload = "";
        /// What is logged, and how.
        log: RawLog = "";
    }
}

section! {
    /// Where the gateway listens.
    RawListen {
        /// Address of the S3 gateway, such as `0.0.0.0:8443`. It may be the same as `listen.sts`.
        s3: String as "address" = "no S3";
        /// Address of the STS.
        sts: String as "address" = "no STS";
        /// Address of health checks and metrics: a loopback address, `unix:/path`, or another
        /// address if `admin` guards it.
        admin: String as "address" = "no admin listener";
        /// Certificate for `listen.s3` and `listen.sts`, and for a guarded `listen.admin`.
        tls: RawTls = "plain HTTP";
    }
}

section! {
    /// A certificate and its key.
    RawTls {
        /// PEM file with the certificate, followed by the intermediate ones.
        cert: String as "path" = "required with `listen.tls`";
        /// PEM file with the private key.
        key: String as "path" = "required with `listen.tls`";
    }
}

section! {
    /// Who may use the admin listener.
    RawAdmin {
        /// File with the token that clients must send as `Authorization: Bearer ...`.
        bearer_token_file: String as "path" = "not guarded";
        /// PEM file with the CA of the client certificates that are let in; needs `listen.tls`.
        client_ca_file: String as "path" = "not guarded";
    }
}

section! {
    /// One store.
    RawStore {
        /// Name in logs, metrics and messages.
        name: String as "name" = "required";
        /// Scheme, host and port of the store.
        endpoint: String as "URL" = "required";
        /// The region that requests to the store are signed for.
        region: String as "region" = "required";
        /// Regions that mean this store when a client signs for them. The first one is what clients
        /// of a bucket here are told to use.
        regions: Vec<Value<String>> as "list of regions" = "[region]";
        /// Buckets that live here: exact names, or patterns with `*` and `?`. An exact name beats
        /// the longest pattern, that beats the signed region, and that the default store.
        buckets: Vec<Value<String>> as "list of names" = "[]";
        /// Whether buckets that nothing else decides are here. One store is; a single store needs
        /// no mark.
        default: bool = "false";
        /// Keys for the store: the first whose `when` holds for the caller, else the one without
        /// `when`.
        credentials: Vec<Value<RawCredential>> = "required";
        /// PEM file with the CAs that the store's certificate may come from, instead of the
        /// system's.
        ca_file: String as "path" = "the system's CAs";
        /// Takes any certificate of the store: whoever stands between reads and changes everything.
        /// For tests only.
        insecure_skip_tls_verify: bool = "false";
        /// Where the bucket stands in requests to the store: `path` or `virtual` (in the host
        /// name).
        addressing: String as "`path` or `virtual`" = "path";
        /// What is known of stores like this one, for the keys below that are not written: `generic`, `aws`,
        /// `ceph-rgw`, `garage`, `minio`, `swift` or `s3s-fs`.
        preset: String as "name" = "generic";
        /// Keys of objects that the store takes for another's, and that are refused therefore:
        /// `leading-slash` (of keys and of the prefix of a listing), `leading-slash-of-keys` (where a prefix is taken as
        /// it is), `double-slash`, `dot-segments` (and backslashes), `trailing-slash`, `case` (upper case is
        /// refused), `part-source` (a `%` or `?versionId=` in a key that UploadPartCopy reads), or what is known of
        /// `rgw` (`part-source`), `minio` (`leading-slash`, `double-slash`, `dot-segments`) or
        /// `files` (a file system: `minio` and `trailing-slash`). `[]` for a store that keeps every
        /// key as it is: a store that folds `a/../b` into `b` would undo what a policy decides.
        key_rules: Vec<Value<String>> as "list of rules" = "of the preset; [dot-segments]";
        /// Who decides beside the policies of the caller: `gateway`, with the bucket policies that
        /// are configured here; access control lists do not exist then; or `store`, with its own
        /// bucket policies and access control lists: the calls for them pass, and anonymous
        /// requests go to it unsigned.
        authorization: String as "`gateway` or `store`" = "gateway";
        /// Operations, by their names in the API, on which the store breaks, or which it takes for others because it
        /// does not know their subresource: they are answered with `NotImplemented` and never reach it. Where
        /// `key_rules` name `rgw`, those of the preset `ceph-rgw`.
        refused_operations: Vec<Value<String>> as "list of operations" = "of the preset";
        /// Headers that are a promise and that the store ignores without a word, each as `OPERATION:HEADER`, such
        /// as `DeleteObject:If-Match`, or with the one value that is ignored, as
        /// `PutObject:x-amz-server-side-encryption=AES256`: a request with one is answered with `NotImplemented`. `[]`
        /// passes them on whatever becomes of them.
        ignored_headers: Vec<Value<String>> as "list of headers" = "of the preset; []";
        /// What the store understands beyond the basics.
        capabilities: RawCapabilities = "";
    }
}

section! {
    /// What a store understands.
    RawCapabilities {
        /// Whether `x-amz-checksum-*` headers of an object or a part go to the store, and checksums that arrive in
        /// the trailer of a small body as such a header. Else they are verified, and not kept.
        checksum_headers: bool = "of the preset; true";
        /// Whether the store takes `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: `aws-chunked` bodies with a checksum
        /// behind the payload. Then checksums that arrive in the trailer of a larger body go to it as a trailer;
        /// else they are verified, and not kept.
        trailers: bool = "of the preset; false";
        /// Whether a PutObject whose body is cut short leaves what was there before. A store that keeps what came
        /// of it cannot take back what does not verify: then only bodies of up to `limits.small_body` may come
        /// with anything to verify them by, and forms.
        discards_short_objects: bool = "of the preset; true";
        /// The same of an UploadPart.
        discards_short_parts: bool = "of the preset; true";
        /// Whether the store compares the `If-Match` of a PutObject with the quotes around its ETag. Some
        /// compare it with the ETag alone: then it is sent without them.
        quoted_if_match: bool = "of the preset; true";
        /// Whether the store has ListObjectsV2. For one that has not, each is answered from a ListObjects.
        list_objects_v2: bool = "of the preset; true";
        /// Whether the store looks at the conditions on the source of a copy (`x-amz-copy-source-if-*`). For one
        /// that ignores them the gateway looks at the source before it sends the copy.
        copy_source_conditions: bool = "of the preset; true";
        /// Whether the store has tags of objects. One that has not is never asked for them.
        object_tags: bool = "of the preset; true";
        /// Whether the store compares `x-amz-expected-bucket-owner` with the owner of the bucket. If not, it is
        /// compared with `account_id`, and not sent; with `authorization: store` it is answered with
        /// `NotImplemented`.
        bucket_owner: bool = "of the preset; true";
        /// Whether the store looks at `versionId`. One that does not reads or deletes the object whatever version is
        /// named; before it, requests that name one are answered with `NotImplemented`.
        versions: bool = "of the preset; true";
        /// Whether the store encodes names in listings when it is asked to (`encoding-type=url`). Where it does not, the
        /// gateway does it.
        encoded_listings: bool = "of the preset; true";
        /// Whether the store compares the size that CompleteMultipartUpload says that its object has
        /// (`x-amz-mp-object-size`). Where it does not, the gateway looks at the parts before it sends that.
        object_size: bool = "of the preset; false";
        /// Whether a copy keeps the tags of its source where its metadata is replaced
        /// (`x-amz-metadata-directive: REPLACE`). Before a store that loses them such a copy of an object with tags is
        /// answered with `NotImplemented`.
        copied_tags: bool = "of the preset; true";
    }
}

section! {
    /// One pair of keys of a store.
    RawCredential {
        /// Name in logs.
        name: String as "name" = "required";
        /// Access key id of the store.
        access_key: TextOrRef as "text or secret" = "required";
        /// Secret access key of the store.
        secret_key: SecretRef as "secret" = "required";
        /// Session token of the store, for temporary keys.
        session_token: SecretRef as "secret" = "none";
        /// Condition block as in a policy, on the caller. Anonymous callers get only keys whose
        /// `when` holds for them.
        when: Free as "condition block" = "every caller that is not anonymous";
    }
}

section! {
    /// One identity provider.
    RawProvider {
        /// The `iss` of its tokens, to the letter.
        issuer: String as "URL" = "required";
        /// Audiences of which the token's `aud` must name one.
        audiences: Vec<Value<String>> as "list of text" = "required";
        /// Where the discovery document is, if not below the issuer.
        discovery_url: String as "URL" = "ISSUER/.well-known/openid-configuration";
        /// Where the keys are, instead of what the discovery document says.
        jwks_uri: String as "URL" = "by discovery";
        /// File with the keys (a JWKS), for a provider that cannot be reached.
        jwks_file: String as "path" = "by discovery";
        /// PEM file with the CAs that the provider's certificate may come from, instead of the
        /// system's.
        ca_file: String as "path" = "the system's CAs";
        /// File with a token to send to the provider when its documents are fetched; it is read
        /// again each time. Kubernetes needs it.
        bearer_token_file: String as "path" = "none";
        /// Fetches keys over plain HTTP from a host that is not this one: whoever stands between
        /// can log in as anybody.
        allow_http: bool = "false";
        /// How far the clocks of provider and gateway may differ.
        leeway: Duration = "30s";
        /// Claims that sessions keep, for policies and logs, each by its name. What is not listed
        /// is forgotten at login.
        claims: Named<RawClaim> = "no further claims";
    }
}

section! {
    /// One claim that is kept.
    RawClaim {
        /// Patterns with `*` and `?`: the values that match one are kept.
        keep: Vec<Value<String>> as "list of patterns" = "every value";
        /// Name for policies, for a claim such as `https://example.org/groups` whose own name
        /// cannot stand in a condition key.
        called: String as "name" = "the claim's own";
    }
}

section! {
    /// One service account.
    RawUser {
        /// Name: the user's ARN ends in it.
        name: String as "name" = "required";
        /// Access key id that the tool uses.
        access_key: TextOrRef as "text or secret" = "required";
        /// Secret access key that the tool uses.
        secret_key: SecretRef as "secret" = "required";
        /// Files with the user's policies, in AWS's own JSON.
        policies: Vec<Value<String>> as "list of paths" = "required";
    }
}

section! {
    /// Somebody who is cut off: one of `subject`, `user` and `session`.
    RawRevoked {
        /// `sub` of the provider's tokens; needs `issuer`. Sessions that were assumed from one of
        /// theirs end, too.
        subject: String as "text" = "none";
        /// The provider of `subject`.
        issuer: String as "URL" = "none";
        /// Name of a service account.
        user: String as "name" = "none";
        /// Access key id of a session, `ASIA...`.
        session: String as "access key id" = "none";
        /// Only sessions that go back to one issued before this time end; the next login is taken again.
        /// Without it, `subject` and `user` are shut out.
        before: String as "time" = "for good";
    }
}

section! {
    /// When the configuration is read again, beside SIGHUP.
    RawReload {
        /// Whether the configuration and all files that it names are watched, by events and in
        /// intervals; without it only SIGHUP reloads. What changes comes into force whole, for the
        /// next request, or not at all. `listen` and `log` need a restart.
        watch: bool = "true";
        /// How often the files are looked at even if the system tells of no change, for volumes that
        /// tell none.
        interval: Duration = "60s";
    }
}

section! {
    /// What is logged, and how.
    RawLog {
        /// `json` (one object a line) or `text`.
        format: String as "`json` or `text`" = "json";
        /// The least important lines that are written: `error`, `warn`, `info`, `debug` or `trace`.
        level: String as "level" = "info";
    }
}
