"""Reports made visible: each module turns the same frozen values into one format and infers nothing."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # `ikepcap.renderers.text` is needed to report an error, the types of the report are not
    from ikepcap.report.model import Report

Format = Literal["text", "markdown", "json", "ndjson"]


def render(report: "Report", format: Format = "text", *, width: int = 80) -> str:  # noqa: A002 - as in `--format`
    """Return a report in one of the formats; `width` is for text."""
    if format == "text":
        from ikepcap.renderers.terminal import render_text

        return render_text(report, width=width)
    if format == "markdown":
        from ikepcap.renderers.markdown import render_markdown

        return render_markdown(report)
    from ikepcap.renderers.jsonout import render_json, render_ndjson

    return render_json(report) if format == "json" else render_ndjson(report)
