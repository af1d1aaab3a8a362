//! Both sides, read at the same time: the source in a thread of its own, Seam over the network.

use super::connection::Connection;
use super::failure::Failure;
use crate::config::Settings;
use crate::event::{Event, EventSink, Stage};
use crate::model::{Inventory, SourceRead};
use crate::seam::SeamError;
use crate::source;

/// The source, or why there is none; Seam apart, because what is wrong with the source is told first.
pub(super) async fn read_both(
    settings: &Settings,
    connection: &Connection,
    sink: &dyn EventSink,
) -> Result<(SourceRead, Result<Inventory, SeamError>), Failure> {
    let now = connection.now;
    sink.emit(&Event::Started(Stage::Source));
    sink.emit(&Event::Started(Stage::Inventory));
    let source_settings = settings.source.clone();
    let reading = tokio::task::spawn_blocking(move || source::read(&source_settings, now));
    let (source, inventory) = tokio::join!(reading, connection.reader.inventory(sink));
    let source = source.expect("reading a source does not panic")?;
    sink.emit(&Event::Finished(Stage::Source));
    Ok((source, inventory))
}
