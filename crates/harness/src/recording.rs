//! Writes recordings: HAR 1.2 of what may be written down.

use contract::{Masked, Provenance};
use serde_json::{Value, json};

/// What a recording says about itself.
#[derive(Debug, Clone)]
pub struct RecordingInfo {
    /// Where the exchange comes from.
    pub provenance: Provenance,
    /// When it was recorded, as an RFC 3339 date-time.
    pub recorded_at: String,
    /// The tool and its version.
    pub tool: String,
    /// The hash of the contract that it was judged by.
    pub contract: String,
}

/// A file name for a recording: the operation's, status and shape.
pub fn recording_name(operation: &str, masked: &Masked) -> String {
    format!("{operation}-{}-{}.har", masked.status, masked.shape)
}

/// A recording of one exchange, as HAR 1.2 with a final newline.
pub fn recording(masked: &Masked, info: &RecordingInfo) -> String {
    let media_type = masked.content_type.clone().unwrap_or_default();
    let headers: Vec<Value> = match &masked.content_type {
        Some(it) => vec![json!({ "name": "content-type", "value": it })],
        None => Vec::new(),
    };
    // HAR writes what is not known as -1.
    let size = masked.size.map_or(json!(-1), |it| json!(it));
    let mut content = json!({ "size": size, "mimeType": media_type });
    if let Some(body) = &masked.body {
        content["text"] = json!(body);
    }
    let har = json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "paperwire", "version": env!("CARGO_PKG_VERSION") },
            "_paperwire": {
                "provenance": info.provenance.as_str(),
                "recorded_at": info.recorded_at,
                "tool": info.tool,
                "contract": info.contract,
                "masked": true,
            },
            "entries": [{
                "startedDateTime": info.recorded_at,
                "time": 0,
                "request": {
                    "method": masked.method, "url": masked.url, "httpVersion": "HTTP/1.1", "cookies": [],
                    "headers": [], "queryString": [], "headersSize": -1, "bodySize": 0,
                },
                "response": {
                    "status": masked.status, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [],
                    "headers": headers, "content": content, "redirectURL": "", "headersSize": -1, "bodySize": -1,
                },
                "cache": {},
                "timings": { "send": 0, "wait": 0, "receive": 0 },
            }],
        },
    });
    let mut text = serde_json::to_string_pretty(&har).expect("only maps with text keys");
    text.push('\n');
    text
}
