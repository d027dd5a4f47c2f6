from django.urls import include, path

from knowledge.views import (
    adding,
    audio_notes,
    dictionary,
    drafts,
    editing,
    entries,
    home,
    labels,
    meaning_search,
    related,
    search,
    themes,
    versions,
)

app_name = "knowledge"

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("knowledge.import_urls")),
    path("", include("knowledge.teaching_urls")),
    path("", include("knowledge.question_set_urls")),
    path("search/", search.search, name="search"),
    path("meaning-search/", meaning_search.progress, name="meaning_search"),
    path("dictionary/", dictionary.dictionaries, name="dictionaries"),
    path("dictionary/<str:tag>/", dictionary.dictionary, name="dictionary"),
    path("themes/", themes.themes, name="themes"),
    path("themes/<int:pk>/", themes.theme, name="theme"),
    path("labels/", labels.labels, name="labels"),
    path("labels/<slug:key>/", labels.label, name="label"),
    path("audio-notes/<slug:sha256>/", audio_notes.audio_note, name="audio_note"),
    path("drafts/", drafts.drafts, name="drafts"),
    path("add/", adding.choose_kind, name="add"),
    path("add/<str:kind>/", adding.add, name="add_kind"),
    path("<uuid:pk>/", entries.entry, name="entry"),
    path("<uuid:pk>/edit/", editing.edit, name="edit"),
    path("<uuid:pk>/publish/", entries.publish, name="publish"),
    path("<uuid:pk>/thank/", entries.thank, name="thank"),
    path("<uuid:pk>/put-aside/", entries.put_aside, name="put_aside"),
    path("<uuid:pk>/bring-back/", entries.bring_back, name="bring_back"),
    path("<uuid:pk>/delete/", entries.delete, name="delete"),
    path("<uuid:pk>/take-off/", labels.take_off, name="take_off"),
    path("<uuid:pk>/related/", related.related, name="related"),
    path("<uuid:pk>/versions/", versions.versions, name="versions"),
    path("<uuid:pk>/versions/<int:number>/", versions.version, name="version"),
]
