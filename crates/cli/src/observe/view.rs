//! How a recording is shown, and where to.

use crate::args::{ColorWhen, ViewArgs, ViewFormat};
use crate::failure::Failure;
use crate::output::OutputFile;
use crate::terminal::{self, Stream};
use rightlane_facts::Recording;
use rightlane_observe::summary::summarise;
use rightlane_report::{Export, export, json, ledger_text};

/// A way to show a recording.
#[derive(Debug)]
pub(super) struct View {
    format: ViewFormat,
    file: Option<OutputFile>,
    color: ColorWhen,
}

impl View {
    pub(super) fn new(args: &ViewArgs, color: ColorWhen) -> Result<Self, Failure> {
        let file = args.output.as_deref();
        let file = file
            .map(|path| OutputFile::new("--output", path))
            .transpose()?;
        if args.format == ViewFormat::Pprof && file.is_none() && terminal::is_terminal(Stream::Out)
        {
            return Err(Failure::usage("pprof's form is not for a terminal")
                .instead("add --output FILE, then: go tool pprof -http : FILE"));
        }
        Ok(Self {
            format: args.format,
            file,
            color,
        })
    }

    /// Whether the report itself says, on the terminal, how the program ended.
    pub(super) fn is_seen(&self) -> bool {
        self.format == ViewFormat::Text && self.file.is_none()
    }

    /// Shows the recording; `words` is where text for people goes.
    pub(super) fn write(&self, recording: &Recording, words: Stream) -> Result<(), Failure> {
        let content = self.content(recording, words)?;
        match (&self.file, self.format) {
            (Some(file), _) => file.write(&content)?,
            (None, ViewFormat::Text) => terminal::write_bytes(words, &content),
            (None, _) => terminal::write_bytes(Stream::Out, &content),
        }
        Ok(())
    }

    fn content(&self, recording: &Recording, words: Stream) -> Result<Vec<u8>, Failure> {
        let export = |form| {
            export(recording, form)
                .map_err(|error| Failure::not_here(format!("the export failed: {error}")))
        };
        match self.format {
            ViewFormat::Text => {
                let look = match self.file {
                    Some(_) => terminal::file_look(self.color),
                    None => terminal::look(words, self.color),
                };
                let text = ledger_text(&summarise(recording), look);
                // The program's own output may have left its last line open.
                let gap = if self.file.is_none() { "\n" } else { "" };
                Ok(format!("{gap}{text}").into_bytes())
            }
            ViewFormat::Json => {
                let text = json(&summarise(recording)).map_err(|error| {
                    Failure::not_here(format!("the report is no JSON: {error}"))
                })?;
                // The object has to stand on a line of its own.
                let gap = if self.file.is_none() { "\n" } else { "" };
                Ok(format!("{gap}{text}").into_bytes())
            }
            ViewFormat::Collapsed => export(Export::Collapsed),
            ViewFormat::Speedscope => export(Export::Speedscope),
            ViewFormat::Pprof => export(Export::Pprof),
            ViewFormat::Perfetto => export(Export::Perfetto),
        }
    }
}
