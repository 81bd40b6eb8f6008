//! Where the report goes.

use crate::args::{AdviseArgs, ColorWhen, Format};
use crate::failure::Failure;
use crate::output::OutputFile;
use crate::terminal::{self, Stream};
use rightlane_facts::AdviceReport;
use rightlane_report::{json, text};

/// A place for the report, checked before the program runs: a program may run for hours, and
/// that its report cannot be written should be known at once.
#[derive(Debug)]
pub(crate) struct Sink {
    format: Format,
    file: Option<OutputFile>,
    color: ColorWhen,
}

impl Sink {
    pub(crate) fn new(args: &AdviseArgs, color: ColorWhen) -> Result<Self, Failure> {
        let file = args.output.as_deref();
        Ok(Self {
            format: args.format,
            file: file
                .map(|path| OutputFile::new("--output", path))
                .transpose()?,
            color,
        })
    }

    /// Whether the report itself says, on stderr, how the program ended.
    pub(crate) fn is_seen(&self) -> bool {
        self.format == Format::Text && self.file.is_none()
    }

    pub(crate) fn write(&self, report: &AdviceReport) -> Result<(), Failure> {
        let written = match (self.format, &self.file) {
            (Format::Json, _) => json(report)
                .map_err(|error| Failure::not_here(format!("the report is no JSON: {error}")))?,
            (Format::Text, Some(_)) => text(report, terminal::file_look(self.color)),
            (Format::Text, None) => text(report, terminal::look(Stream::Err, self.color)),
        };
        match (&self.file, self.format) {
            (Some(file), _) => file.write(written.as_bytes())?,
            // The program's own output may have left its last line open; the object has to stand
            // on a line of its own.
            (None, Format::Json) => terminal::write(Stream::Out, &format!("\n{written}")),
            (None, Format::Text) => terminal::write(Stream::Err, &format!("\n{written}")),
        }
        Ok(())
    }
}
