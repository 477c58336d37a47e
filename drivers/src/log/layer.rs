//! Events as JSON, field by field.

use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::registry::Scope;

use super::Shared;

/// So many causes of an error are told.
const CAUSES: usize = 16;

/// Writes each event as a JSON object on a line of its own, without its secrets: `time` (seconds since the epoch),
/// `level`, `target`, `message`, its other `fields`, and the `spans` around it, the outermost first.
pub struct RedactLayer<M> {
    writer: M,
    secrets: Shared,
}

impl<M> RedactLayer<M> {
    /// Writes to what `writer` makes.
    pub fn new(writer: M, secrets: &Shared) -> Self {
        Self { writer, secrets: secrets.clone() }
    }
}

impl<S, M> Layer<S> for RedactLayer<M>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    M: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let meta = event.metadata();
        let spans = context.event_scope(event).into_iter().flat_map(Scope::from_root).map(|span| {
            let mut entry = Map::new();
            entry.insert("name".into(), span.name().into());
            if let Some(fields) = span.extensions().get::<Fields>() {
                entry.insert("fields".into(), Value::Object(fields.0.clone()));
            }
            Value::Object(entry)
        });
        let spans: Vec<Value> = spans.collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let message = fields.0.shift_remove("message");
        let mut line = Map::new();
        line.insert("time".into(), now.as_secs_f64().into());
        line.insert("level".into(), meta.level().as_str().into());
        line.insert("target".into(), meta.target().into());
        line.extend(message.map(|message| ("message".into(), message)));
        line.insert("fields".into(), Value::Object(fields.0));
        line.insert("spans".into(), Value::Array(spans));
        let mut line = Value::Object(line);
        self.secrets.now().json(&mut line);
        // A log that cannot be written has nobody to be told.
        let _ = self.writer.make_writer_for(meta).write_all(format!("{line}\n").as_bytes());
    }
}

/// What an event or a span was given. It is kept as it came until an event is written: never printed before.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        for _ in 0..CAUSES {
            let Some(error) = cause else { break };
            let _ = write!(text, ": {error}"); // to a text always succeeds
            cause = error.source();
        }
        self.put(field, text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}"));
    }
}
