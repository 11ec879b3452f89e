"""What each command of the command line does."""

import argparse
import os
import sys
from collections import Counter
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from pydantic import ValidationError

from corpus.language import normalise_language
from index.passage_index import PassageIndex
from index.store import Store
from service import terminal
from service.answering import Answerer, RequestError
from service.contract import AskRequest
from service.data_files import DataFileError
from service.notices import FALLBACK_LANGUAGE, Notices
from service.settings import Settings, SettingsError, load_settings

_NO_ANSWER, _INCOMPLETE = 3, 4


class CommandError(Exception):
    """A command cannot do what was asked. The message is one line and says what to do."""


def add(options: argparse.Namespace, settings: Settings) -> int:
    """Add files and folders."""
    from corpus.reader import find_files  # readers and the splitter: who asks need not wait for them
    from index.indexer import Outcome, add_files

    found = find_files(options.paths)
    with terminal.progress_bar() as show, closing(_open(settings, show, create=True)) as index:
        show("documents", 0, len(found.files))
        reports = list(
            add_files(
                index,
                found.files,
                lambda done, total: show("documents", done, total),
                lambda done, total: show("passages", done, total),
            )
        )
        passages, documents = index.store.counts()
    counts = Counter(str(report.outcome) for report in reports)
    counts["skipped"] = len(found.skipped)
    if options.json:
        files = [
            {
                "path": str(report.path),
                "outcome": str(report.outcome),
                "document_id": report.document_id or None,
                "passages": report.passages,
                "reason": report.reason or None,
            }
            for report in reports
        ]
        files += [
            {"path": str(skip.path), "outcome": "skipped", "document_id": None, "passages": 0, "reason": skip.reason}
            for skip in found.skipped
        ]
        terminal.print_json({"files": files, "counts": dict(counts), "documents": documents, "passages": passages})
    else:
        for report in reports:
            if report.outcome is Outcome.FAILED:
                print(f"failed: {terminal.one_line(report.reason)}", file=sys.stderr)
        for skip in found.skipped:
            print(f"skipped: {terminal.one_line(str(skip.path))}: {skip.reason}", file=sys.stderr)
        said = ", ".join(f"{counts[word]} {word}" for word in (*Outcome, "skipped") if counts[word])
        held = f"the index holds {_count(documents, 'document')} in {_count(passages, 'passage')}"
        print(f"{said or 'nothing to add'}; {held}")
    return _INCOMPLETE if counts[Outcome.FAILED] else 0


def list_documents(options: argparse.Namespace, settings: Settings) -> int:
    """List the documents."""
    with closing(PassageIndex(settings.index)) as index:
        documents = Answerer(index, settings).documents()
    if options.json:
        terminal.print_json(documents)
    elif documents.documents:
        terminal.print_documents(documents.documents)
    else:
        _say_empty(settings)
    return 0


def remove(options: argparse.Namespace, settings: Settings) -> int:
    """Remove documents by id or by path."""
    from corpus.reader import source_of
    from index.indexer import remove_documents

    with closing(Store(settings.index)) as store:
        known = {document.document_id: document.source for document in store.documents()}
        by_source = {source: document_id for document_id, source in known.items()}
        ids = []
        for name in options.documents:
            document_id = name if name in known else by_source.get(source_of(Path(name)))
            if document_id is None:
                raise CommandError(
                    f"there is no document {name!r}, so nothing was removed: `crosscite list` shows what there is"
                )
            ids.append(document_id)
        removed = remove_documents(store, list(dict.fromkeys(ids)))
    if options.json:
        terminal.print_json({"removed": [{"document_id": i, "source": known[i]} for i in removed]})
    else:
        for document_id in removed:
            print(f"removed {document_id}  {terminal.one_line(known[document_id])}")
    return 0


def ask(options: argparse.Namespace, settings: Settings) -> int:
    """Answer a question."""
    question = sys.stdin.read() if options.question == "-" else options.question
    try:
        request = AskRequest(
            question=question,
            language=options.language,
            limit=options.limit,
            languages=[code for code in options.languages.split(",") if code],
            prefer_own_language=options.prefer_own_language,
            country=options.country,
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise RequestError("invalid_request", f"{field}: {first['msg'].lower()}", field=field) from error
    with terminal.progress_bar() as show, closing(_open(settings, show)) as index:
        answer = Answerer(index, settings).ask(request)
    if options.json:
        terminal.print_json(answer)
    else:
        terminal.print_answer(answer)
        if not answer.passages:
            _say_empty(settings)
    return 0 if answer.answerable else _NO_ANSWER


def verify(options: argparse.Namespace, settings: Settings) -> int:
    """Check every passage against its document."""
    from index.verification import verify_index

    with closing(Store(settings.index)) as store:
        report = verify_index(store)
    if options.json:
        terminal.print_json(
            {
                "documents": report.documents,
                "passages": report.passages,
                "wrong": list(report.wrong),
                "changed_files": list(report.changed_files),
                "missing_files": list(report.missing_files),
            }
        )
    else:
        for line in report.wrong:
            print(f"wrong: {terminal.one_line(line)}")
        for source in report.changed_files:
            print(f"changed since it was added: {terminal.one_line(source)}")
        for source in report.missing_files:
            print(f"no longer there: {terminal.one_line(source)}")
        verdict = f"{len(report.wrong)} wrong" if report.wrong else "all agree"
        print(f"{_count(report.passages, 'passage')} of {_count(report.documents, 'document')} checked: {verdict}")
    return _INCOMPLETE if report.wrong else 0


def serve(_options: argparse.Namespace, settings: Settings) -> int:
    """Serve the page and the API."""
    from service.server import serve as run_server  # FastAPI and uvicorn: other commands need not wait for them

    with terminal.progress_bar() as show:
        index = _open(settings, show, create=True)
        answerer = Answerer(index, settings)
        answerer.warm_up()
    with closing(index):
        run_server(answerer, settings.host, settings.port)
    return 0


def notices_status(options: argparse.Namespace, settings: Settings) -> int:
    """Say who has reviewed the notices."""
    found = Notices(site=settings.notices).status()
    if options.json:
        terminal.print_json({"languages": [asdict(language) for language in found]})
    else:
        for language in found:
            by = f"reviewed {language.reviewed} by {language.reviewer}" if language.reviewed else "not reviewed by anybody"
            print(
                f"{language.language:4}{'site  ' if language.site else '      '}{terminal.one_line(f'{by}  {language.name}')}"
            )
        unreviewed = sum(not language.reviewed for language in found)
        print(f"{len(found)} languages, {unreviewed} not reviewed: docs/safety.md says how to review one")
    return 0


def error_notices() -> list[dict[str, object]]:
    """Return the notices that stand with an error on the command line, none where they are what is wrong."""
    try:
        settings = load_settings()
        notices = Notices(site=settings.notices)
        chosen = settings.interface_language if "interface_language" in settings.model_fields_set else None
        notice = notices.notice("disclaimer", notices.choose([chosen, _locale_language(), settings.interface_language]))
    except (SettingsError, DataFileError):
        notice = Notices().notice("disclaimer", FALLBACK_LANGUAGE)
    return [notice.model_dump(mode="json")]


def _locale_language() -> str:
    """Return the language that this person's terminal is set to, no known one for `C` and `POSIX`."""
    return normalise_language(
        next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    )


def reembed(options: argparse.Namespace, settings: Settings) -> int:
    """Embed everything again with another model."""
    from index.encoders import make_encoder
    from index.indexer import reembed as reembed_store

    with closing(Store(settings.index)) as store, terminal.progress_bar() as show:
        encoder = make_encoder(options.model, threads=settings.threads, on_stage=show)
        total = reembed_store(store, encoder, options.model, lambda done, total: show("passages", done, total))
    if options.json:
        terminal.print_json({"passages": total, "model": options.model, "encoder": encoder.name})
    else:
        print(f"{_count(total, 'passage')} embedded with {encoder.name}")
    return 0


def prepare_model(options: argparse.Namespace, settings: Settings) -> int:
    """Make the embedded model ready."""
    from index.embedded_cache import ensure_model
    from index.encoders import EMBEDDED, make_encoder

    with terminal.progress_bar() as show:
        ensure_model(on_stage=show, thoroughly=True)
        encoder = make_encoder(EMBEDDED, threads=settings.threads, on_stage=show)
    if options.json:
        terminal.print_json({"encoder": encoder.name})
    else:
        print(f"ready: {encoder.name}")
    return 0


def export_model(options: argparse.Namespace, _settings: Settings) -> int:
    """Write the embedded weights as a sentence-transformers model."""
    from index.model_export import export_model as write_model

    write_model(options.directory)
    if options.json:
        terminal.print_json({"directory": str(options.directory)})
    else:
        print(f"written to {options.directory}; use it with --model {options.directory}")
    return 0


def _open(settings: Settings, show: terminal.ProgressBar, *, create: bool = False) -> PassageIndex:
    return PassageIndex(settings.index, model=settings.model, threads=settings.threads, create=create, on_stage=show)


def _say_empty(settings: Settings) -> None:
    index = terminal.one_line(str(settings.index))
    print(f"the index at {index} holds no documents: add some with: crosscite add PATH --index {index}", file=sys.stderr)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
