//! From a request to an operation: each protocol in its turn, and what speaks against it.

use super::catalogue::{Entry, Model};
use super::form::Query;
use super::head::Head;
use super::path::{Labels, Path, Wanted};
use super::{Protocol, Service, Why, form, s3};
use crate::sigv4::{Plus, Request};

/// A request that is looked at.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// Below the listener's own path.
    pub(super) path: &'a [u8],
    pub(super) query: Query<'a>,
    pub(super) head: Head<'a>,
    pub(super) body: &'a [u8],
    pub(super) service: Service<'a>,
}

/// What was found.
pub(super) enum Found<'a> {
    /// An operation of a model.
    Listed(Entry, Labels<'a>, Protocol),
    /// A name that is in no model.
    Unlisted(String),
    /// Nothing.
    Nothing,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        request: &Request<'a>,
        plus: Plus,
        service: &Service<'a>,
        body: &'a [u8],
    ) -> Option<Self> {
        let base = service.base_path.as_bytes();
        let path = request.path().strip_prefix(base)?;
        if !base.is_empty() && !path.is_empty() && !path.starts_with(b"/") {
            return None;
        }
        let head = Head::read(request.headers());
        let query = Query { text: request.query(), plus };
        Some(Self { method: request.method(), path, query, head, body, service: *service })
    }

    /// Finds the operation.
    pub(super) fn find(&self) -> Result<Found<'a>, Why> {
        if self.head.overrides_method {
            return Err("a header asks for another method than the request's");
        }
        if self.head.repeated {
            return Err("a header that names protocol or operation is there twice");
        }
        self.check_query()?;
        if self.service.is_customers {
            return self.of_customer();
        }
        let found = if self.service.is_s3() { self.of_s3()? } else { self.of_service()? };
        if let Found::Listed(entry, ..) = &found {
            self.check_hint(*entry)?;
        }
        Ok(found)
    }

    /// Headers that name an operation are none in a query, though a reader may take them for some.
    fn check_query(&self) -> Result<(), Why> {
        let named = |name: &[u8]| {
            [&b"x-amz-target"[..], b"smithy-protocol", b"x-http-method-override", b"x-method-override"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        };
        match self.query.params().any(|param| named(&param.name())) {
            true => Err("a header that names the operation is in the query"),
            false => Ok(()),
        }
    }

    /// `x-id` is a client's word for the operation: it decides nothing, and must not say another.
    fn check_hint(&self, entry: Entry) -> Result<(), Why> {
        let mut hints = self.query.params().filter(|param| param.is(b"x-id"));
        match hints.all(|hint| *hint.value() == *entry.name().as_bytes()) {
            true => Ok(()),
            false => Err("x-id names another operation"),
        }
    }

    fn of_s3(&self) -> Result<Found<'a>, Why> {
        let name = self.service.name.unwrap_or_default();
        let own_path = |model: &str, prefix: &[u8], protocol| {
            let model = Model::signing(if model == "s3control" { "s3" } else { name })
                .find(|found| found.name() == model)
                .filter(|_| self.path.starts_with(prefix));
            model.map(|model| self.by_path(&[model], Some(protocol)))
        };
        if name == "s3-outposts"
            && let Some(found) = own_path("s3outposts", b"/S3Outposts/", Protocol::RestJson)
        {
            return found;
        }
        let may_control = match self.service.prefix {
            Some("s3-control") => true,
            Some("s3-outposts") | None => self.head.has_account_id,
            Some(_) => false,
        };
        if may_control && let Some(found) = own_path("s3control", b"/v20180820/", Protocol::RestXml) {
            return found;
        }
        if self.service.prefix == Some("s3-control") {
            return Ok(Found::Nothing);
        }
        if self.head.target.is_some() {
            return Err("x-amz-target where the service reads the path");
        }
        let is_lambda = name == "s3-object-lambda";
        let found = s3::find(self.method, self.path, self.query, &self.head, self.service.style, is_lambda)?;
        Ok(found.map_or(Found::Nothing, |(entry, labels)| Found::Listed(entry, labels, Protocol::S3)))
    }

    fn of_service(&self) -> Result<Found<'a>, Why> {
        let models = self.service.models();
        let action = form::action(&self.head, self.query, self.body_of_form(&models));
        if self.head.is_cbor() {
            return self.by_cbor(&models, action.name.is_some());
        }
        if self.head.target.is_some() {
            return self.by_target(&models, action.name.is_some());
        }
        let speaks = |model: &Model| model.speaks(Protocol::Query) || model.speaks(Protocol::Ec2);
        let by_path = self.by_path(&models, None)?;
        match action.name {
            // A form that is too large to be looked through.
            None if matches!(by_path, Found::Nothing) => action.doubt.map_or(Ok(by_path), Err),
            None => Ok(by_path),
            Some(_) if matches!(by_path, Found::Listed(..)) => {
                Err("an action where the path names an operation")
            }
            Some(_) if action.doubt.is_some() => action.doubt.map_or(Ok(Found::Nothing), Err),
            Some(name) => {
                let listed = |model: &Model| speaks(model).then(|| model.find(&name)).flatten();
                self.by_action(&models, &name, action.version.as_deref(), listed)
            }
        }
    }

    /// The body, where an action can be in it.
    fn body_of_form(&self, models: &[Model]) -> &'a [u8] {
        let query = |model: &Model| model.speaks(Protocol::Query) || model.speaks(Protocol::Ec2);
        let unmarked = !self.head.is_cbor() && !self.head.is_targeted_json();
        let may = self.head.is_form() || (unmarked && (models.is_empty() || models.iter().any(query)));
        if may { self.body } else { b"" }
    }

    /// `/service/{Service}/operation/{Operation}`, below whatever base path there is.
    fn by_cbor(&self, models: &[Model], has_action: bool) -> Result<Found<'a>, Why> {
        if self.head.target.is_some() || has_action {
            return Err("two protocols are named at once");
        }
        if self
            .head
            .smithy_protocol
            .is_some_and(|name| !name.trim_ascii().eq_ignore_ascii_case(b"rpc-v2-cbor"))
        {
            return Ok(Found::Nothing);
        }
        let mut parts = self.path.rsplit(|byte| *byte == b'/');
        let (name, service) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(b"operation"), Some(service), Some(b"service")) => (name, service),
            _ => return Ok(Found::Nothing),
        };
        if self.method != "POST" {
            return Err("an operation is named in the path of a request that is no post");
        }
        if !models.is_empty() && !models.iter().any(|model| model.speaks(Protocol::Cbor)) {
            return Err("rpc v2 where the service does not speak it");
        }
        let own = models.iter().copied().filter(|model| model.target() == service);
        self.named(own, service, name, Protocol::Cbor, |model| model.speaks(Protocol::Cbor))
    }

    /// `Prefix.Operation`; prefixes can have dots of their own.
    fn by_target(&self, models: &[Model], has_action: bool) -> Result<Found<'a>, Why> {
        if has_action {
            return Err("x-amz-target and an action are both there");
        }
        if !models.is_empty() && !models.iter().any(|model| model.speaks_json()) {
            return Err("x-amz-target where the service reads a form or the path");
        }
        let target = self.head.target.unwrap_or_default();
        let Some(dot) = memchr::memrchr(b'.', target) else { return Ok(Found::Nothing) };
        let (prefix, name) =
            (target.get(..dot).unwrap_or_default(), target.get(dot + 1..).unwrap_or_default());
        let own = models.iter().copied().filter(|model| model.target() == prefix);
        // SQS takes the path of its queue's URL.
        if !matches!(self.path, b"" | b"/") && !models.iter().any(|model| model.name() == "sqs") {
            return Err("x-amz-target beside a path");
        }
        if self.method != "POST" {
            return Err("x-amz-target in a request that is no post");
        }
        let protocol = if self.head.is_json11() { Protocol::Json11 } else { Protocol::Json10 };
        self.named(own, prefix, name, protocol, |model| model.speaks_json())
    }

    /// The operation that is named on the wire, for a service that is named beside it.
    fn named(
        &self,
        own: impl Iterator<Item = Model>,
        service: &[u8],
        name: &[u8],
        protocol: Protocol,
        speaks: impl Fn(&Model) -> bool,
    ) -> Result<Found<'a>, Why> {
        let mut own = own.filter(&speaks).peekable();
        let entry = match own.peek() {
            Some(_) => own.find_map(|model| model.find(name)),
            None if self.service.name.is_none() => {
                Model::targeted(service).filter(&speaks).find_map(|model| model.find(name))
            }
            None if Model::targeted(service).next().is_some() => {
                return Err("the request names another service than its signature");
            }
            None => None,
        };
        Ok(entry.map_or_else(|| unlisted(name), |entry| Found::Listed(entry, Labels::new(), protocol)))
    }

    fn by_action(
        &self,
        models: &[Model],
        name: &[u8],
        version: Option<&[u8]>,
        listed: impl Fn(&Model) -> Option<Entry>,
    ) -> Result<Found<'a>, Why> {
        if !matches!(self.path, b"" | b"/") && !models.iter().any(|model| model.name() == "sqs") {
            return Err("an action beside a path");
        }
        if !matches!(self.method, "GET" | "POST") {
            return Err("an action in a request that is neither get nor post");
        }
        let found = |entry: Entry| {
            let protocol = if entry.model().speaks(Protocol::Ec2) { Protocol::Ec2 } else { Protocol::Query };
            Ok(Found::Listed(entry, Labels::new(), protocol))
        };
        let version = version.unwrap_or_default();
        if models.is_empty() && self.service.name.is_none() {
            let mut all = Model::of_version(version).filter_map(|model| model.find(name));
            return match (all.next(), all.next()) {
                (Some(entry), None) => found(entry),
                _ => Ok(unlisted(name)),
            };
        }
        let mut now = models.iter().filter(|model| model.version().as_bytes() == version).peekable();
        if now.peek().is_some() {
            return now.find_map(&listed).map_or_else(|| Ok(unlisted(name)), found);
        }
        // An older version of the API, or none: the name must then say enough.
        let mut all = models.iter().filter_map(&listed);
        match (all.next(), all.next()) {
            (Some(entry), None) => found(entry),
            (None, _) => Ok(unlisted(name)),
            (Some(_), Some(_)) => Err("two services have this action, and the version tells neither"),
        }
    }

    /// The operation that method and path name in one of the models.
    fn by_path(&self, models: &[Model], protocol: Option<Protocol>) -> Result<Found<'a>, Why> {
        if models.iter().all(|model| model.root().is_none()) {
            return Ok(Found::Nothing);
        }
        let Some(path) = Path::read(self.path) else { return Ok(Found::Nothing) };
        let found = self.in_models(models, &path)?;
        if path.is_crooked() {
            return Err("the path has empty or dot segments, which readers take differently");
        }
        self.check_slashes(models, found.as_ref().map(|(entry, _)| *entry))?;
        let Some((entry, labels)) = found else { return Ok(Found::Nothing) };
        let own =
            if entry.model().speaks(Protocol::RestXml) { Protocol::RestXml } else { Protocol::RestJson };
        Ok(Found::Listed(entry, labels, protocol.unwrap_or(own)))
    }

    fn in_models(&self, models: &[Model], path: &Path<'a>) -> Result<Option<(Entry, Labels<'a>)>, Why> {
        let wanted = Wanted { path, method: self.method, query: self.query };
        let mut first: Option<(Entry, Labels<'a>)> = None;
        for root in models.iter().filter_map(|model| model.root()) {
            let Some(found) = wanted.find(root)? else { continue };
            match &first {
                None => first = Some(found),
                Some((entry, _)) if entry.name() == found.0.name() => {}
                Some(_) => {
                    return Err(
                        "two services of one signing name have this path, and the host tells neither",
                    );
                }
            }
        }
        Ok(first)
    }

    /// A slash that is escaped belongs to a label, as ARNs have them. A reader that takes it for a border must find
    /// nothing that does more.
    fn check_slashes(&self, models: &[Model], entry: Option<Entry>) -> Result<(), Why> {
        let escaped = |window: &[u8]| window.eq_ignore_ascii_case(b"%2f");
        if !self.path.windows(3).any(escaped) {
            return Ok(());
        }
        let mut opened = Vec::with_capacity(self.path.len());
        let mut rest = self.path;
        while let Some((first, after)) = rest.split_first() {
            let slash = rest.get(..3).is_some_and(escaped);
            opened.push(if slash { b'/' } else { *first });
            rest = if slash { rest.get(3..).unwrap_or_default() } else { after };
        }
        let Some(path) = Path::read(&opened) else { return Ok(()) };
        let wanted = Wanted { path: &path, method: self.method, query: self.query };
        for root in models.iter().filter_map(|model| model.root()) {
            if wanted.find(root)?.is_some_and(|(other, _)| Some(other.access()) > entry.map(Entry::access)) {
                return Err("the path is another operation's for readers that open escaped slashes");
            }
        }
        Ok(())
    }

    /// What answers at a customer's own host is the customer's, save for API Gateway's management of connections,
    /// which lies below a stage.
    fn of_customer(&self) -> Result<Found<'a>, Why> {
        let manages = memchr::memmem::find(self.path, b"/@connections/");
        let Some(at) = manages.filter(|_| self.service.name == Some("execute-api")) else {
            return Ok(Found::Nothing);
        };
        let stage = self.path.get(1..at.max(1)).unwrap_or_default();
        let model = Model::signing("execute-api").find(|model| model.name() == "apigatewaymanagementapi");
        let (Some(model), false) = (model, stage.contains(&b'/')) else { return Ok(Found::Nothing) };
        let below = Self { path: self.path.get(at..).unwrap_or_default(), ..*self };
        below.by_path(&[model], None)
    }
}

/// Operations are words of letters and digits; nothing else goes into a record or a rule.
fn unlisted<'a>(name: &[u8]) -> Found<'a> {
    let sound =
        (1..=128).contains(&name.len()) && name.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_');
    match sound {
        true => Found::Unlisted(String::from_utf8_lossy(name).into_owned()),
        false => Found::Nothing,
    }
}
