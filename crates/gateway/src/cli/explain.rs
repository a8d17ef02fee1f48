//! `fakes3pp explain`: what a request is and needs, and what a configuration decides about it.

mod words;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use s3::Domains;
use serde_json::{Map, Value as Json, json};
use sigv4::Timestamp;
use sts::session::SessionPolicies;

use super::Surroundings;
use super::lines;
use crate::explain::{Deciding, Explained, Request, SupposedCaller, SupposedSession, Suppositions};
use crate::{clock, config};

/// Largest raw request: the largest document that the gateway reads, with its head.
const MAX_RAW: u64 = 16 * 1024 * 1024;

/// Which request, and what it is explained with.
#[derive(Debug, Args)]
#[command(
    after_long_help = "A file holds one raw HTTP request, or JSON lines {\"id\", \"method\", \"host\", \"path\", \"query\",\n\
\"headers\": [[NAME, VALUE], ...], \"body_base64\"}. Each line is answered by one:\n\
  {\"id\" or \"line\", \"operation\", \"checks\": [{\"action\", \"resource\", \"context\"}], \"reject\": \"CODE, why\"}\n\
Signature, time and hash of the body are not judged. With --config FILE the answer goes on to the decision:\n\
  {..., \"principal\", \"store\", \"context\", \"decision\": \"allow|explicitDeny|implicitDeny|leftToStore\",\n\
   \"because\": [{\"policy\", \"statement\", \"sid\"}], \"denied\", \"nearest\", \"objects\",\n\
   \"needs_tags\", \"if_source_has_tags\", \"credential\"}; \"reject\" beside \"allow\" is what stops it after all\n\
and without --role, --user or --anonymous the signature and its time are judged: it says who asks."
)]
pub struct Explain {
    /// The file; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Answer in JSON lines, as for requests that are JSON lines.
    #[arg(long)]
    json: bool,
    /// A domain of the gateway, with buckets in front of it in virtual-host style; several times
    /// for several. A host that is none of them counts as path style.
    #[arg(long = "domain", value_name = "HOST", conflicts_with = "config")]
    domains: Vec<String>,
    /// A configuration that decides about the request, as the gateway would with it. Nothing is sent
    /// anywhere. Without a caller below, it is whoever signed the request.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    caller: CallerArgs,
    /// The time of the request, as `2026-01-31T12:00:00Z`; without it: now.
    #[arg(long, value_name = "TIME", requires = "config")]
    at: Option<String>,
    /// The client's address; without it, it is unknown.
    #[arg(long, value_name = "IP", requires = "config")]
    source_ip: Option<IpAddr>,
    /// The request comes over TLS; needs `--source-ip`.
    #[arg(long, requires = "source_ip")]
    tls: bool,
    /// A tag that the object has, for `s3:ExistingObjectTag`; several times for several.
    #[arg(long = "existing-tag", value_name = "KEY=VALUE", requires = "config")]
    tags: Vec<String>,
}

/// Who asks, if not whoever signed.
#[derive(Debug, Args)]
struct CallerArgs {
    /// The ARN of the caller's role. Whether it may be assumed is not asked.
    #[arg(long, value_name = "ARN", requires = "config")]
    role: Option<String>,
    /// A claim of the token that the role was assumed with: `sub` at least, `iss` if there are several
    /// providers. A claim that comes twice, or a value that is a JSON list, has several values.
    #[arg(long = "claim", value_name = "NAME=VALUE", requires = "role", conflicts_with = "user")]
    claims: Vec<String>,
    /// A service account by name: the caller, or who assumed the role.
    #[arg(long, value_name = "NAME", requires = "config")]
    user: Option<String>,
    /// The name of the role's session.
    #[arg(long, value_name = "NAME", default_value = "explain")]
    session_name: String,
    /// A session policy; a file with JSON, or the ARN of a managed policy. May come several times with
    /// ARNs, once with a file.
    #[arg(long = "session-policy", value_name = "FILE|ARN", requires = "role")]
    session_policies: Vec<String>,
    /// The caller is nobody.
    #[arg(long, requires = "config", conflicts_with_all = ["role", "user"])]
    anonymous: bool,
}

impl Explain {
    fn asked(&self, environment: &BTreeMap<String, String>) -> Result<Asked, String> {
        let Some(path) = &self.config else {
            return Ok(Asked::Meaning(Domains::new(self.domains.iter().cloned())));
        };
        let config = config::load_file(path, environment).map_err(|errors| errors.to_string())?;
        let deciding = Deciding::by(config).map_err(|error| error.to_string())?;
        let at = self.at.as_deref().map(Timestamp::parse_rfc3339).transpose();
        let suppositions = Suppositions {
            caller: self.caller.supposed()?,
            at: at.map_err(|_| "--at: must be a time such as 2026-01-31T12:00:00Z".to_owned())?,
            source_ip: self.source_ip,
            tls: self.tls,
            tags: self
                .tags
                .iter()
                .map(|tag| pair("--existing-tag", tag))
                .collect::<Result<_, _>>()?,
        };
        Ok(Asked::Decision(Box::new(deciding), suppositions))
    }
}

impl CallerArgs {
    fn supposed(&self) -> Result<Option<SupposedCaller>, String> {
        if self.anonymous {
            return Ok(Some(SupposedCaller::Anonymous));
        }
        let Some(role) = &self.role else {
            return Ok(self.user.clone().map(SupposedCaller::User));
        };
        let mut policies = SessionPolicies::default();
        for policy in &self.session_policies {
            if policy.starts_with("arn:") {
                policies.arns.push(policy.clone());
            } else if policies.inline.is_some() {
                return Err("--session-policy: a session has one policy of its own".to_owned());
            } else {
                let text = std::fs::read_to_string(policy)
                    .map_err(|error| format!("--session-policy {policy}: {error}"))?;
                policies.inline = Some(text);
            }
        }
        Ok(Some(SupposedCaller::Role(SupposedSession {
            role: role.clone(),
            user: self.user.clone(),
            claims: self.claims()?,
            session_name: self.session_name.clone(),
            policies,
        })))
    }

    fn claims(&self) -> Result<Map<String, Json>, String> {
        let mut claims: Map<String, Json> = Map::new();
        for claim in &self.claims {
            let (name, text) = pair("--claim", claim)?;
            let list = serde_json::from_str(&text).ok().filter(Json::is_array);
            let value = list.unwrap_or(Json::String(text));
            let value = match claims.remove(&name) {
                None => value,
                Some(Json::Array(mut values)) => {
                    values.push(value);
                    Json::Array(values)
                }
                Some(first) => Json::Array(vec![first, value]),
            };
            claims.insert(name, value);
        }
        Ok(claims)
    }
}

fn pair(option: &str, text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("{option} {text}: must be NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What is asked: what a request is, or what a configuration decides about it.
enum Asked {
    Meaning(Domains),
    Decision(Box<Deciding>, Suppositions),
}

impl Asked {
    fn answer(&self, request: &Request) -> Result<Map<String, Json>, String> {
        match self {
            Self::Meaning(domains) => Ok(Explained::of(request, domains).to_json()),
            Self::Decision(deciding, suppositions) => deciding
                .decide(request, suppositions, clock::now())
                .map(|explanation| explanation.to_json())
                .map_err(|error| error.to_string()),
        }
    }

    fn in_words(&self, request: &Request, out: &mut dyn Write) -> io::Result<Result<(), String>> {
        match self {
            Self::Meaning(domains) => words::meaning(&Explained::of(request, domains), out)?,
            Self::Decision(deciding, suppositions) => {
                match deciding.decide(request, suppositions, clock::now()) {
                    Ok(explanation) => words::decision(&explanation, out)?,
                    Err(error) => return Ok(Err(error.to_string())),
                }
            }
        }
        Ok(Ok(()))
    }
}

/// 0 if every line was a request, whether refused or not.
pub(super) fn run(explain: &Explain, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    let Surroundings { environment, out, err, input } = surroundings;
    let asked = match explain.asked(environment) {
        Ok(asked) => asked,
        Err(message) => {
            writeln!(err, "fakes3pp: {message}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut file;
    let input: &mut dyn BufRead = if explain.request == Path::new("-") {
        input
    } else {
        match std::fs::File::open(&explain.request) {
            Ok(opened) => {
                file = io::BufReader::new(opened);
                &mut file
            }
            Err(error) => {
                writeln!(err, "fakes3pp: {}: {error}", explain.request.display())?;
                return Ok(ExitCode::FAILURE);
            }
        }
    };
    let starts_json = input.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace());
    if starts_json.is_none_or(|byte| *byte == b'{') {
        return of_lines(&asked, input, out);
    }
    let mut raw = Vec::new();
    input.take(MAX_RAW).read_to_end(&mut raw)?;
    let said = match Request::of_http(&raw) {
        Ok(request) if explain.json => match asked.answer(&request) {
            Ok(answer) => {
                writeln!(out, "{}", labelled(&request, 1, answer))?;
                Ok(())
            }
            Err(message) => Err(message),
        },
        Ok(request) => asked.in_words(&request, out)?,
        Err(error) => Err(format!("{}: {error}", explain.request.display())),
    };
    match said {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(message) => {
            writeln!(err, "fakes3pp: {message}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn of_lines(asked: &Asked, input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<ExitCode> {
    // As the gateway answers what it cannot read.
    let code = s3::AwsCode::InvalidRequest.as_str();
    let fault = |why| json!({"reject": format!("{code}, {why}")});
    let answer = |line: &str, number| {
        let request = Request::of_line(line).map_err(|error| fault(error.to_string()))?;
        // What is supposed of the caller does not go with the configuration.
        let answer = asked.answer(&request).map_err(|error| json!({"error": error}))?;
        Ok(labelled(&request, number, answer))
    };
    lines::answer(input, out, answer, fault)
}

/// The answer under the name of its request.
fn labelled(request: &Request, line: usize, mut answer: Map<String, Json>) -> Json {
    match &request.id {
        Some(id) => answer.insert("id".to_owned(), id.clone()),
        None => answer.insert("line".to_owned(), json!(line)),
    };
    Json::Object(answer)
}
