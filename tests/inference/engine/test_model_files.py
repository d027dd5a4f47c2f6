"""Model files: taken in once, known by content, fetched with proof, tuned inside the community's bound."""

from __future__ import annotations

import datetime as dt
import http.server
import io
import shutil
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError

from community_ai.core.clock import now
from inference.behaviour import Behaviour, founding_behaviour
from inference.engine.llama import ModelUnusable
from inference.gguf_header import BadModelFile
from inference.management.commands import worker
from inference.models import ModelFile
from inference.services import behaviour as behaviours
from inference.services import model_downloads, model_files, tuning
from tests.governance.decisions.conftest import make_community
from tests.inference.deciding import decide
from tests.inference.engine.test_gguf_header import GOOD, gguf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_models_folder() -> Iterator[None]:
    shutil.rmtree(settings.HOME.models, ignore_errors=True)
    settings.HOME.models.mkdir(mode=0o700)
    yield
    shutil.rmtree(settings.HOME.models)
    settings.HOME.models.mkdir(mode=0o700)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A well-formed file that is no real model."""
    path = tmp_path / "tiny one.gguf"
    path.write_bytes(gguf())
    return path


def add(path: Path, **parts: object) -> ModelFile:
    return model_files.add(path=path, origin="test", now=now(), **parts)  # type: ignore[arg-type]


def behaviour_for(file: ModelFile, tolerance_milli: int = 50) -> Behaviour:
    return replace(
        founding_behaviour(community_name="Test", model_sha256=file.sha256), variant_tolerance_milli=tolerance_milli
    )


def variant_of(file: ModelFile, path: Path, increase: str) -> ModelFile:
    path.write_bytes(gguf({**GOOD, "general.name": f"variant {increase}"}))
    return add(path, source=file, perplexity_increase=Decimal(increase))


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("models", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_a_file_is_copied_recorded_and_closed_to_others(tiny: Path) -> None:
    file = add(tiny)
    assert file.filename == "tiny-one.gguf"
    assert file.path.read_bytes() == tiny.read_bytes()
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert (file.name, file.licence, file.bytes) == ("Tiny", "cc0", tiny.stat().st_size)
    assert model_files.problem_with(file) == ""


def test_the_same_file_again_is_the_same_row_and_mends_a_loss(tiny: Path) -> None:
    file = add(tiny)
    file.path.unlink()
    assert add(tiny) == file
    assert file.path.is_file()
    assert ModelFile.objects.count() == 1


def test_another_file_of_the_same_name_gets_its_own(tiny: Path) -> None:
    first = add(tiny)
    tiny.write_bytes(gguf({**GOOD, "general.name": "Other"}))
    second = add(tiny)
    assert first.path != second.path
    assert model_files.problem_with(first) == model_files.problem_with(second) == ""


def test_a_wrong_checksum_or_a_bad_file_leaves_nothing(tiny: Path) -> None:
    with pytest.raises(model_files.ChecksumMismatch):
        add(tiny, sha256="0" * 64)
    tiny.write_bytes(tiny.read_bytes()[:-150])
    with pytest.raises(BadModelFile):
        add(tiny)
    assert not ModelFile.objects.exists()
    assert not list(settings.HOME.models.iterdir())


def test_a_changed_or_missing_file_is_noticed(tiny: Path) -> None:
    file = add(tiny)
    content = bytearray(file.path.read_bytes())
    content[-1] ^= 1
    file.path.write_bytes(content)
    assert "was changed" in model_files.problem_with(file)
    file.path.write_bytes(content[:-1])
    assert "another size" in model_files.problem_with(file)
    with pytest.raises(ModelUnusable, match="missing or was changed"):
        model_files.serving(behaviour_for(file))
    file.path.unlink()
    assert "is missing" in model_files.problem_with(file)


def test_a_behaviour_is_served_by_its_model_or_a_variant_inside_its_bound(tiny: Path, tmp_path: Path) -> None:
    file = add(tiny)
    assert model_files.serving(behaviour_for(file)).sha256 == file.sha256
    variant = variant_of(file, tmp_path / "v.gguf", "0.02000")
    assert model_files.serving(behaviour_for(file, 20)).sha256 == variant.sha256
    assert model_files.serving(behaviour_for(file, 19)).sha256 == file.sha256  # the community allows less
    variant.path.unlink()
    assert model_files.serving(behaviour_for(file, 20)).sha256 == file.sha256
    with pytest.raises(ModelUnusable, match="does not have the model"):
        model_files.serving(Behaviour.from_json({**behaviour_for(file).to_json(), "model_sha256": "f" * 64}))


def test_a_variant_must_have_a_measured_loss(tiny: Path, tmp_path: Path) -> None:
    file = add(tiny)
    (tmp_path / "v.gguf").write_bytes(gguf({**GOOD, "general.name": "v"}))
    with pytest.raises((IntegrityError, ModelFile.DoesNotExist)):
        add(tmp_path / "v.gguf", source=file)


def test_originals_are_not_thrown_away(tiny: Path, tmp_path: Path) -> None:
    file = add(tiny)
    variant = variant_of(file, tmp_path / "v.gguf", "0.00100")
    model_files.discard(variant)
    assert not variant.path.exists()
    with pytest.raises(model_files.ModelFileProblem):
        model_files.discard(file)


def test_the_bundled_model_is_installed_once(bundled_model: Path) -> None:
    file = model_files.install_bundled(now=now())
    before = file.path.stat().st_mtime_ns
    again = model_files.install_bundled(now=now())
    assert again == file
    assert again.path.stat().st_mtime_ns == before
    assert file.sha256 == model_files.sha256_of(bundled_model)


def test_list_and_verify_say_what_is_there(tiny: Path) -> None:
    file = add(tiny)
    assert "No file answers yet." in said("list")
    behaviours.found(behaviour=behaviour_for(file), now=now())
    listed = said("list")
    assert f"* {file.filename}" in listed
    assert file.sha256 in listed
    assert "is unchanged" in said("verify")
    assert "is unchanged" in said("verify", file.sha256[:8])
    with pytest.raises(CommandError, match="no model file nothing"):
        said("verify", "nothing")
    file.path.write_bytes(b"x")
    with pytest.raises(CommandError, match="cannot be trusted"):
        said("verify")


def test_add_says_what_is_wrong(tiny: Path) -> None:
    assert "is here as tiny-one.gguf" in said("add", str(tiny))
    with pytest.raises(CommandError, match="not the file you meant"):
        said("add", str(tiny), "--sha256", "0" * 64)
    with pytest.raises(CommandError, match="cannot be used: No such file"):
        said("add", str(tiny) + ".none")
    with pytest.raises(CommandError, match="--sha256"):
        said("add", "https://models.example/tiny.gguf")
    with pytest.raises(CommandError, match="https:// only"):
        said("add", "http://models.example/tiny.gguf", "--sha256", "0" * 64)


# Downloads, from a real HTTPS server on this machine


class Files(http.server.BaseHTTPRequestHandler):
    """Serves `content` with ranges; `cut` ends the first transfers early, `redirect` sends elsewhere."""

    content = b""
    cut = 0
    redirect = ""
    ranges: list[str | None] = []

    def do_GET(self) -> None:
        if Files.redirect:
            self.send_response(302)
            self.send_header("Location", Files.redirect)
            self.end_headers()
            return
        wanted = self.headers.get("Range")
        Files.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if start >= len(Files.content):
            self.send_error(416)
            return
        body = Files.content[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if Files.cut:
            body, Files.cut = body[: Files.cut], 0
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, ssl.SSLContext]]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
        .not_valid_after(dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(key.private_bytes(*plain) + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    Files.content, Files.cut, Files.redirect = gguf(data=b"\7" * 300_000), 0, ""
    Files.ranges.clear()
    yield (
        f"https://localhost:{httpd.server_address[1]}/models/tiny%20two.gguf",
        ssl.create_default_context(cafile=str(pem)),
    )
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def content_sha256(tmp_path: Path) -> str:
    (tmp_path / "content").write_bytes(Files.content)
    return model_files.sha256_of(tmp_path / "content")


def test_a_download_goes_on_where_it_broke_off(server: tuple[str, ssl.SSLContext], tmp_path: Path) -> None:
    url, trust = server
    sha256 = content_sha256(tmp_path)
    Files.cut = 100_000
    heard: list[tuple[int, int]] = []
    with pytest.raises(model_downloads.DownloadFailed):
        model_downloads.fetch(url=url, sha256=sha256, progress=lambda *step: heard.append(step), trust=trust)
    path = model_downloads.fetch(url=url, sha256=sha256, progress=lambda *step: heard.append(step), trust=trust)
    assert path.read_bytes() == Files.content
    assert path.name == "tiny-two.gguf"
    assert Files.ranges == [None, "bytes=100000-"]
    assert heard[-1] == (len(Files.content), len(Files.content))
    again = model_downloads.fetch(url=url, sha256=sha256, progress=lambda *step: None, trust=trust)
    file = add(again, sha256=sha256)
    model_downloads.remove(again)
    assert file.sha256 == sha256
    assert [path.name for path in settings.HOME.models.iterdir()] == [file.filename]


def test_a_wrong_download_is_removed(server: tuple[str, ssl.SSLContext]) -> None:
    url, trust = server
    with pytest.raises(model_files.ChecksumMismatch):
        model_downloads.fetch(url=url, sha256="0" * 64, progress=lambda *step: None, trust=trust)
    assert not list(settings.HOME.models.iterdir())


def test_only_trusted_https_is_followed(server: tuple[str, ssl.SSLContext]) -> None:
    url, trust = server
    with pytest.raises(model_downloads.DownloadFailed, match="CERTIFICATE_VERIFY_FAILED"):
        model_downloads.fetch(url=url, sha256="0" * 64, progress=lambda *step: None)
    Files.redirect = url.replace("https", "http")
    with pytest.raises(model_downloads.DownloadFailed, match="without encryption"):
        model_downloads.fetch(url=url, sha256="0" * 64, progress=lambda *step: None, trust=trust)
    with pytest.raises(model_files.ModelFileProblem, match="64 hexadecimal"):
        model_downloads.fetch(url=url, sha256="abc", progress=lambda *step: None, trust=trust)


# Tuning


def test_tune_keeps_only_what_is_inside_the_bounds_and_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    file = model_files.install_bundled(now=now())
    monkeypatch.setattr(tuning, "KINDS", {"Q8_0": 7, "Q4_0": 2, "BF16": 32})
    monkeypatch.setattr(tuning, "ROUNDS", 1)
    memory_mb = settings.INFERENCE_KV_MEMORY_MB + 200
    result = tuning.tune(file=file, tolerance_milli=50, memory_mb=memory_mb, say=lambda line: None, now=now())
    trials = {trial.kind: trial for trial in result.trials}
    assert trials["BF16"].left_out == "needs too much memory"
    assert trials["Q4_0"].left_out == "loses too much"
    assert trials["Q4_0"].perplexity_increase > 0.05
    assert abs(trials["Q8_0"].perplexity_increase) < 0.01
    assert trials["Q8_0"].time_ratio > 0
    # Whether it is faster depends on the machine and the moment; what is kept follows from what was measured.
    assert (result.kept is not None) == (trials["Q8_0"].time_ratio <= tuning.WORTHWHILE)
    served = model_files.serving(behaviour_for(file))
    assert served.sha256 == (result.kept or file).sha256
    assert sorted(settings.HOME.models.iterdir()) == sorted(row.path for row in ModelFile.objects.all())


@pytest.mark.django_db(transaction=True)
def test_what_the_engine_is_asked_for_names_a_behaviour_of_the_database() -> None:
    """The worker command's sources read the database: only the version in force is answered."""
    file = model_files.install_bundled(now=now())
    first = behaviour_for(file)
    assert worker.newest_in_force() is None
    members = make_community(1)
    behaviours.found(behaviour=first, now=now())
    second = Behaviour.from_json({**first.to_json(), "charter": "Be brief."})
    assert worker.allowed(first.sha256, False) == first == worker.newest_in_force()
    decide(members[0], "behaviour-charter", second, now=now())
    assert worker.allowed(first.sha256, False) is None
    assert worker.allowed(second.sha256, False) == second
    assert worker.serving(second).sha256 == file.sha256
