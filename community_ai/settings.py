"""The node's settings. Each environment variable is described in docs/settings.md, and a test compares the two."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from community_ai.core.home import home_from_environment
from community_ai.core.keystore import KeyStoreError, NodeKey, load_node_key
from community_ai.core.unlocking import opening_key
from community_ai.environment import env_address, env_bool, env_int, env_list

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = home_from_environment(checkout=BASE_DIR)

# The key, or the reason why there is none. Whoever needs it raises the reason (manage.py prints it and exits with 2).
NODE_KEY: NodeKey | KeyStoreError
try:
    NODE_KEY = load_node_key(HOME, opening_key=partial(opening_key, HOME))
except KeyStoreError as problem:
    NODE_KEY = problem
# Empty when there is no key: Django refuses to work with an empty secret, so everything fails closed.
SECRET_KEY, *SECRET_KEY_FALLBACKS = NODE_KEY.django_secrets() if isinstance(NODE_KEY, NodeKey) else ("",)

DEBUG = env_bool("COMMUNITY_AI_DEBUG")

# numpy computes in one thread, read when it is loaded: OpenBLAS's others spin after each small product, on the core
# that the database, the question's embedding or the worker wants at that moment (docs/retrieval.md).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# --- Address -----------------------------------------------------------------------------------------------------
# One setting says how members reach the node; everything that depends on it follows.
PUBLIC_URL = env_address("COMMUNITY_AI_URL", "http://localhost:8000")
BIND = os.environ.get("COMMUNITY_AI_BIND", "").strip() or f"127.0.0.1:{PUBLIC_URL.port or 8000}"
SECURE = PUBLIC_URL.scheme == "https"
_hostname = PUBLIC_URL.hostname or "localhost"
ALLOWED_HOSTS = [_hostname, *env_list("COMMUNITY_AI_HOSTS")]
if not SECURE:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{PUBLIC_URL.scheme}://{PUBLIC_URL.netloc}"]
USE_X_FORWARDED_HOST = False
if SECURE:
    # TLS ends at the proxy in front of the node (docs/operating.md), which must set this header itself.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Rooms -------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "daphne",
    # From the bottom of the house to the top: set-up steps and checks run in the order in which rooms register them.
    "community_ai.core",
    "governance",
    "consent",
    "knowledge",
    "inference",
    "federation",
    "governance.admin_site.CommunityAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "django_htmx",
    "django_q",
    "channels",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "community_ai.core.methods.only_pages_and_forms",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "governance.middleware.SuspendedMemberMiddleware",
    "governance.acting_member.ActingMemberMiddleware",
    "governance.middleware.MemberLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "governance.middleware.FirstRunMiddleware",
    "consent.read_only.ReadOnlyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "community_ai.urls"
ASGI_APPLICATION = "community_ai.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "governance.context.community",
            ],
        },
    },
]

# --- Storage -----------------------------------------------------------------------------------------------------
DATABASE_URL = os.environ.get("DATABASE_URL", "").strip()
if DATABASE_URL:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "community_ai.core.sqlcipher",
            "NAME": str(HOME.database),
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
            "TEST": {"NAME": HOME.root / "test.sqlite3"},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by all processes, so that rate limits count together.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"},
    # The job cluster writes its heartbeat twice a second: that must not go to the disk.
    "heartbeat": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

Q_CLUSTER = {
    "name": "community-ai",
    "orm": "default",
    "workers": 1,
    "recycle": 200,
    "timeout": 600,
    "retry": 900,
    "max_attempts": 5,
    "ack_failures": True,
    "catch_up": False,
    "poll": 2,
    "cache": "heartbeat",
    "save_limit": 200,
    "label": "Jobs",
}

# --- Members -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "governance.Member"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

# A node without a mail server says so on the page and prints links in the operator's terminal instead.
EMAIL_HOST = os.environ.get("COMMUNITY_AI_EMAIL_HOST", "").strip()
EMAIL_PORT = env_int("COMMUNITY_AI_EMAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = os.environ.get("COMMUNITY_AI_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("COMMUNITY_AI_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env_bool("COMMUNITY_AI_EMAIL_TLS", default=True)
DEFAULT_FROM_EMAIL = os.environ.get("COMMUNITY_AI_EMAIL_FROM", "").strip() or f"community-ai@{_hostname}"
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.dummy.EmailBackend"
)

ACCOUNT_ADAPTER = "governance.accounts.AccountAdapter"
ACCOUNT_FORMS = {"login": "governance.forms.LoginForm", "signup": "governance.forms.SignupForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
# Without mail nothing is asked, promised or hidden that only mail could carry.
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"] if EMAIL_HOST else ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional" if EMAIL_HOST else "none"
ACCOUNT_PREVENT_ENUMERATION = bool(EMAIL_HOST)
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_FORMS = {
    "add_webauthn": "governance.passkey_forms.AddPasskeyForm",
    "authenticate_webauthn": "governance.passkey_forms.AuthenticatePasskeyForm",
    "login_webauthn": "governance.passkey_forms.LoginPasskeyForm",
    "reauthenticate_webauthn": "governance.passkey_forms.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Community AI"
PASSWORD_RESET_TIMEOUT = 24 * 3600
# How many proxies in front of the node add the visitor's address to X-Forwarded-For: rate limits count by it.
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("COMMUNITY_AI_PROXIES", 1 if SECURE else 0, least=0, most=5)

# --- Record ------------------------------------------------------------------------------------------------------
# What is followed stands in governance.services.row_history. No address of a person or a computer is written.
AUDITLOG_LOGENTRY_MODEL = "governance.RowChange"
AUDITLOG_DISABLE_REMOTE_ADDR = True
AUDITLOG_CID_HEADER = None
MIGRATION_MODULES = {"auditlog": None}  # they would make its own table beside ours

# --- Languages ---------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("fr", _("French")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "community_ai.formats"
USE_I18N = USE_TZ = True
TIME_ZONE = os.environ.get("COMMUNITY_AI_TIME_ZONE", "").strip() or "UTC"

# --- Static files ------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = HOME.root / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# --- The model and its worker ------------------------------------------------------------------------------------
INFERENCE_THREADS = env_int("COMMUNITY_AI_THREADS", 0, least=0, most=256)
INFERENCE_KV_MEMORY_MB = env_int("COMMUNITY_AI_KV_MEMORY_MB", 1024, least=64, most=1_000_000)

# --- Files that members bring ------------------------------------------------------------------------------------
IMPORT_MB = env_int("COMMUNITY_AI_IMPORT_MB", 50, least=1, most=500)
# Bodies of requests (core.request_bodies): a form's own parts come on top of the file in it.
BODY_BYTES = 3 << 20
LARGE_BODY_BYTES = (IMPORT_MB + 1) << 20
LARGE_BODY_PATHS = ["/knowledge/import/", "/decisions/"]
# A file that is brought is sealed before it reaches the disk.
FILE_UPLOAD_MAX_MEMORY_SIZE = LARGE_BODY_BYTES
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# --- Backups -----------------------------------------------------------------------------------------------------
BACKUP_FOLDER = Path(os.environ.get("COMMUNITY_AI_BACKUPS", "").strip() or HOME.backups).expanduser().resolve()
# The hour at which the nightly backup becomes due, in TIME_ZONE.
BACKUP_HOUR = env_int("COMMUNITY_AI_BACKUP_HOUR", 3, least=0, most=23)
# How many days, weeks and months keep their newest backup.
BACKUP_DAYS = env_int("COMMUNITY_AI_BACKUP_DAYS", 7, least=1, most=366)
BACKUP_WEEKS = env_int("COMMUNITY_AI_BACKUP_WEEKS", 4, least=0, most=520)
BACKUP_MONTHS = env_int("COMMUNITY_AI_BACKUP_MONTHS", 6, least=0, most=120)

# --- Logs: never personal text -----------------------------------------------------------------------------------
# What a record may hold is decided where it is made, for all handlers (core.logs).
LOGGING_CONFIG = "community_ai.core.logs.configure"
LOG_MB = env_int("COMMUNITY_AI_LOG_MB", 5, least=0, most=1000)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"route": {"()": "community_ai.core.logs.RouteOnly"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain"},
        "files": {
            "class": "community_ai.core.log_files.DayFiles",
            "formatter": "plain",
            "folder": HOME.logs,
            "most_bytes": LOG_MB << 20,
        },
    },
    "root": {"handlers": ["console", "files"], "level": "INFO"},
    "loggers": {
        "daphne": {"level": "WARNING"},
        # Django's own handlers would write to the terminal a second time, or by mail.
        "django": {"handlers": [], "level": "INFO"},
        "django.request": {"level": "ERROR", "filters": ["route"]},
        # It tells of every start and task; only its troubles matter to an operator.
        "django-q": {"level": "WARNING", "handlers": [], "propagate": True},
    },
}
