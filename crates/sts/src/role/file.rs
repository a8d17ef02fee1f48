//! Reading a role file.

use std::sync::Arc;

use policy::{Kind, LoadErrors, Policy};
use serde_json::value::RawValue;
use sigv4::Timestamp;

use super::arn::RoleArn;
use super::{MAX_ROLE_BYTES, Role, RoleError, shared_issuer};
use crate::ids;
use crate::json::{self, Member};
use crate::query::name_character;
use crate::session::Tag;
use crate::text::quote;
use crate::web_identity::{check_tag, same_tag_key};

/// What AWS allows for `MaxSessionDuration`, in seconds; the first is the default.
const DURATION: std::ops::RangeInclusive<u64> = 3600..=43_200;

/// IAM quotas: tags of a role.
const MAX_TAGS: usize = 50;

pub(super) fn load(json: &str) -> Result<Role, Vec<RoleError>> {
    let mut reader = Reader { errors: Vec::new() };
    match reader.role(json) {
        Some(role) if reader.errors.is_empty() => Ok(role),
        Some(_) | None => Err(reader.errors),
    }
}

/// Collects mistakes; what cannot be read is `None` and a mistake.
struct Reader {
    errors: Vec<RoleError>,
}

impl Reader {
    fn fail<T>(&mut self, path: &str, message: impl Into<String>) -> Option<T> {
        self.errors.push(RoleError { path: path.to_owned(), message: message.into() });
        None
    }

    fn role(&mut self, text: &str) -> Option<Role> {
        if text.len() > MAX_ROLE_BYTES {
            return self.fail("document", format!("larger than {MAX_ROLE_BYTES} bytes"));
        }
        let mut members = self.members("document", text, &MEMBERS)?;
        let mut take = |name: &str| {
            members.iter().position(|member| member.name == name).map(|at| members.swap_remove(at))
        };
        let arn_member = take("Arn");
        let arn = self.arn(arn_member);
        let name = arn.as_ref().map_or("role", RoleArn::name).to_owned();
        self.agrees("RoleName", take("RoleName"), arn.as_ref().map(RoleArn::name));
        self.agrees("Path", take("Path"), arn.as_ref().map(RoleArn::path));
        let id = self.id(take("RoleId"), arn.as_ref());
        let max_session_duration = self.duration(take("MaxSessionDuration"));
        let trust = self.trust(&name, take("AssumeRolePolicyDocument"));
        let policies = self.policies(&name, take("Policies"));
        let boundary = self.boundary(&name, take("PermissionsBoundary"));
        let tags = self.tags(take("Tags"));
        let description = self.description(take("Description"));
        let not_before = self.not_before(take("not_before"));
        let managed = self.managed(take("AttachedManagedPolicies"));
        Some(Role {
            arn: arn?,
            id: id?,
            max_session_duration: max_session_duration?,
            trust: trust?,
            policies: policies?,
            boundary: boundary?,
            tags: tags?,
            description: description?,
            not_before: not_before?,
            managed: managed?,
        })
    }

    /// The members of an object, each of a known name.
    fn members(&mut self, path: &str, text: &str, known: &[&str]) -> Option<Vec<Member>> {
        let members = match json::members(text) {
            Ok(members) => members,
            Err(error) => return self.fail(path, error.to_string()),
        };
        for member in members.iter().filter(|member| !known.contains(&member.name.as_str())) {
            let message = format!("unknown member {}", quote(&member.name));
            self.fail::<()>(path, message);
        }
        Some(members)
    }

    fn string(&mut self, path: &str, value: &RawValue) -> Option<String> {
        match serde_json::from_str(value.get()) {
            Ok(text) => Some(text),
            Err(_) => self.fail(path, "must be a string"),
        }
    }

    fn list(&mut self, path: &str, value: &RawValue) -> Option<Vec<Box<RawValue>>> {
        match serde_json::from_str(value.get()) {
            Ok(list) => Some(list),
            Err(_) => self.fail(path, "must be a list"),
        }
    }

    fn arn(&mut self, member: Option<Member>) -> Option<RoleArn> {
        let Some(member) = member else { return self.fail("Arn", "is missing") };
        let text = self.string("Arn", &member.value)?;
        let Some(arn) = RoleArn::parse(&text) else {
            return self.fail("Arn", format!("{} is no ARN of a role", quote(&text)));
        };
        if arn.partition() != "aws" {
            return self.fail("Arn", "the partition must be `aws`, the only one here");
        }
        let name = arn.name();
        if name.len() > 64 || !name.chars().all(name_character) {
            return self.fail("Arn", "the role's name must be 1 to 64 of [\\w+=,.@-]");
        }
        if arn.path().len() > 512 {
            return self.fail("Arn", "the role's path is longer than 512 characters");
        }
        Some(arn)
    }

    /// What the ARN says already may be said again, not differently.
    fn agrees(&mut self, name: &str, member: Option<Member>, expected: Option<&str>) {
        let (Some(member), Some(expected)) = (member, expected) else { return };
        if self.string(name, &member.value).is_some_and(|text| text != expected) {
            self.fail::<()>(name, format!("must be {}, as in the ARN", quote(expected)));
        }
    }

    fn id(&mut self, member: Option<Member>, arn: Option<&RoleArn>) -> Option<String> {
        let Some(member) = member else { return arn.map(|arn| ids::role_id(arn.as_str())) };
        let text = self.string("RoleId", &member.value)?;
        let is_id = text.strip_prefix("AROA").is_some_and(|rest| {
            (12..=124).contains(&rest.len())
                && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        });
        if is_id {
            Some(text)
        } else {
            self.fail("RoleId", "must be `AROA` and 12 to 124 upper-case letters or digits")
        }
    }

    fn duration(&mut self, member: Option<Member>) -> Option<u32> {
        let seconds = match member {
            None => Some(*DURATION.start()),
            Some(member) => serde_json::from_str::<u64>(member.value.get()).ok(),
        };
        match seconds.filter(|seconds| DURATION.contains(seconds)) {
            Some(seconds) => u32::try_from(seconds).ok(),
            None => self.fail("MaxSessionDuration", "must be a number of seconds, 3600 to 43200"),
        }
    }

    fn document(
        &mut self,
        path: &str,
        kind: Kind,
        name: &str,
        value: &RawValue,
    ) -> Option<Arc<Policy>> {
        match Policy::load(kind, name, value.get()) {
            Ok(policy) => Some(Arc::new(policy)),
            Err(errors) => {
                self.load_errors(path, &errors);
                None
            }
        }
    }

    fn load_errors(&mut self, path: &str, errors: &LoadErrors) {
        for error in errors.errors() {
            let path = match error.path.as_str() {
                "document" => path.to_owned(),
                inner => format!("{path}.{inner}"),
            };
            self.fail::<()>(&path, error.problem.to_string());
        }
    }

    fn trust(&mut self, role: &str, member: Option<Member>) -> Option<Arc<Policy>> {
        const PATH: &str = "AssumeRolePolicyDocument";
        let Some(member) = member else { return self.fail(PATH, "is missing") };
        let name = format!("{role}/{PATH}");
        let trust = self.document(PATH, Kind::Trust, &name, &member.value)?;
        for error in shared_issuer::check(&trust) {
            self.fail::<()>(&format!("{PATH}.{}", error.path), error.message);
        }
        Some(trust)
    }

    fn policies(&mut self, role: &str, member: Option<Member>) -> Option<Vec<Arc<Policy>>> {
        let Some(member) = member else { return Some(Vec::new()) };
        let mut policies = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for (index, entry) in self.list("Policies", &member.value)?.iter().enumerate() {
            let path = format!("Policies[{index}]");
            let Some(fields) = self.members(&path, entry.get(), &["PolicyName", "PolicyDocument"])
            else {
                continue;
            };
            let field = |name: &str| fields.iter().find(|field| field.name == name);
            let name = self.policy_name(&path, field("PolicyName"), &names);
            let name = name.unwrap_or_else(|| index.to_string());
            let path = format!("{path}.PolicyDocument");
            match field("PolicyDocument") {
                None => self.fail::<()>(&path, "is missing").unwrap_or_default(),
                Some(field) => {
                    let full = format!("{role}/{name}");
                    policies.extend(self.document(&path, Kind::Identity, &full, &field.value));
                }
            }
            names.push(name);
        }
        Some(policies)
    }

    fn policy_name(
        &mut self,
        path: &str,
        member: Option<&Member>,
        taken: &[String],
    ) -> Option<String> {
        let path = format!("{path}.PolicyName");
        let Some(member) = member else { return self.fail(&path, "is missing") };
        let name = self.string(&path, &member.value)?;
        if !(1..=128).contains(&name.len()) || !name.chars().all(name_character) {
            return self.fail(&path, "must be 1 to 128 of [\\w+=,.@-]");
        }
        if taken.contains(&name) {
            return self.fail(&path, format!("{} comes twice", quote(&name)));
        }
        Some(name)
    }

    /// The outer `Option` is for mistakes.
    fn boundary(&mut self, role: &str, member: Option<Member>) -> Option<Option<Arc<Policy>>> {
        const PATH: &str = "PermissionsBoundary";
        let Some(member) = member else { return Some(None) };
        let names_a_policy = json::members(member.value.get())
            .is_ok_and(|members| members.iter().any(|m| m.name == "PermissionsBoundaryArn"));
        if names_a_policy || member.value.get().starts_with('"') {
            return self.fail(PATH, "must be the policy document itself, not its ARN");
        }
        let name = format!("{role}/{PATH}");
        self.document(PATH, Kind::Boundary, &name, &member.value).map(Some)
    }

    fn tags(&mut self, member: Option<Member>) -> Option<Vec<Tag>> {
        let Some(member) = member else { return Some(Vec::new()) };
        let list = self.list("Tags", &member.value)?;
        if list.len() > MAX_TAGS {
            return self.fail("Tags", format!("more than {MAX_TAGS}"));
        }
        let mut tags: Vec<Tag> = Vec::new();
        for (index, entry) in list.iter().enumerate() {
            let path = format!("Tags[{index}]");
            let Some(tag) = self.tag(&path, entry) else { continue };
            if tags.iter().any(|other| same_tag_key(&other.key, &tag.key)) {
                self.fail::<()>(&path, format!("the key {} comes twice", quote(&tag.key)));
            }
            tags.push(tag);
        }
        Some(tags)
    }

    fn tag(&mut self, path: &str, entry: &RawValue) -> Option<Tag> {
        let fields = self.members(path, entry.get(), &["Key", "Value"])?;
        let mut part = |name: &str| match fields.iter().find(|field| field.name == name) {
            Some(field) => self.string(&format!("{path}.{name}"), &field.value),
            None => self.fail(&format!("{path}.{name}"), "is missing"),
        };
        let (key, value) = (part("Key"), part("Value"));
        let tag = Tag { key: key?, value: value? };
        match check_tag(&tag) {
            Ok(()) => Some(tag),
            Err(message) => self.fail(path, message),
        }
    }

    /// The outer `Option` is for mistakes.
    fn not_before(&mut self, member: Option<Member>) -> Option<Option<Timestamp>> {
        let Some(member) = member else { return Some(None) };
        let text = self.string("not_before", &member.value)?;
        match Timestamp::parse_rfc3339(&text) {
            Ok(at) => Some(Some(at)),
            Err(_) => self.fail("not_before", "must be a time such as 2026-01-02T03:04:05Z"),
        }
    }

    /// As `aws iam list-attached-role-policies` shows them.
    fn managed(&mut self, member: Option<Member>) -> Option<Vec<String>> {
        const PATH: &str = "AttachedManagedPolicies";
        let Some(member) = member else { return Some(Vec::new()) };
        let mut arns: Vec<String> = Vec::new();
        for (index, entry) in self.list(PATH, &member.value)?.iter().enumerate() {
            let path = format!("{PATH}[{index}]");
            let Some(fields) = self.members(&path, entry.get(), &["PolicyName", "PolicyArn"])
            else {
                continue;
            };
            let Some(field) = fields.iter().find(|field| field.name == "PolicyArn") else {
                self.fail::<()>(&format!("{path}.PolicyArn"), "is missing");
                continue;
            };
            let Some(arn) = self.string(&format!("{path}.PolicyArn"), &field.value) else {
                continue;
            };
            let name = fields.iter().find(|field| field.name == "PolicyName");
            self.agrees(&format!("{path}.PolicyName"), name.cloned(), arn.rsplit('/').next());
            if arns.contains(&arn) {
                self.fail::<()>(&path, format!("{} comes twice", quote(&arn)));
            }
            arns.push(arn);
        }
        Some(arns)
    }

    fn description(&mut self, member: Option<Member>) -> Option<Option<String>> {
        match member {
            None => Some(None),
            Some(member) => self.string("Description", &member.value).map(Some),
        }
    }
}

const MEMBERS: [&str; 12] = [
    "Arn",
    "AssumeRolePolicyDocument",
    "AttachedManagedPolicies",
    "Description",
    "MaxSessionDuration",
    "Path",
    "PermissionsBoundary",
    "Policies",
    "RoleId",
    "RoleName",
    "Tags",
    // Ours: AWS has no such member.
    "not_before",
];
