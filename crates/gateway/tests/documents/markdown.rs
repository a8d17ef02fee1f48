//! As much Markdown as our documents have.

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Fenced {
    /// Where it begins, from 1.
    pub(crate) line: usize,
    /// The word after the fence.
    pub(crate) language: String,
    /// The comment in the line before the fence: what the block is.
    pub(crate) mark: Option<String>,
    /// What is in it.
    pub(crate) text: String,
}

/// The fenced blocks of a document.
pub(crate) fn fenced(document: &str) -> Vec<Fenced> {
    let mut blocks = Vec::new();
    let mut before = "";
    let mut lines = document.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let mark = before.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
            let mut text = String::new();
            for (_, line) in lines.by_ref().take_while(|(_, line)| *line != "```") {
                text.push_str(line);
                text.push('\n');
            }
            blocks.push(Fenced {
                line: number + 1,
                language: language.to_owned(),
                mark: mark.map(str::to_owned),
                text,
            });
        }
        before = line;
    }
    blocks
}

/// A document without its fenced blocks.
pub(crate) fn prose(document: &str) -> String {
    let mut inside = false;
    let outside = document.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    outside.map(|line| format!("{line}\n")).collect()
}

/// The cells of the first table after a heading, without its two head lines.
pub(crate) fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let mut lines = document.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "there is no heading `{heading}`");
    let rows = lines.skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(cells).collect()
}

fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split(" | ").map(|cell| cell.trim().to_owned()).collect()
}

/// The texts in backticks.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What GitHub makes of a heading for links to it.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn blocks_are_found_with_their_marks() {
    let text = "a\n<!-- role -->\n```json\n{}\n```\n\n```yaml\nb: 1\n```\n`c`\n";
    let blocks = fenced(text);
    assert_eq!(blocks.len(), 2);
    assert_eq!((blocks[0].mark.as_deref(), blocks[0].text.as_str()), (Some("role"), "{}\n"));
    assert_eq!((blocks[1].mark.as_deref(), blocks[1].line), (None, 7));
    assert_eq!(quoted(&prose(text)), ["c"]);
    assert_eq!(anchor("A 403, and `what`"), "a-403-and-what");
}
