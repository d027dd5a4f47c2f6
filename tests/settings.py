"""The node's own settings over a throw-away data folder, made before Django reads anything."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from community_ai.core.home import Home
from community_ai.core.keystore import create_node_key
from community_ai.core.translations import compile_translations

_folder = tempfile.mkdtemp(prefix="community-ai-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["COMMUNITY_AI_HOME"] = _folder
os.environ["HF_HUB_OFFLINE"] = "1"
for _name in ("COMMUNITY_AI_URL", "COMMUNITY_AI_BIND", "COMMUNITY_AI_HOSTS", "COMMUNITY_AI_DEBUG"):
    os.environ.pop(_name, None)
_home = Home(Path(_folder).resolve())
_home.create()
create_node_key(_home)

from community_ai.settings import *  # noqa: E402, F403

# Argon-strength hashing would be most of the suite's time; what is tested is everything around it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests render pages without collecting static files first.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT.mkdir()  # noqa: F405
# Threads of a test must not keep connections to a PostgreSQL database that is emptied after it.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
# Pages are rendered in every language, as in a node that was started.
compile_translations(LOCALE_PATHS)  # noqa: F405
