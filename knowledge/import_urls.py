from django.urls import path

from knowledge.views import exports, imports

urlpatterns = [
    path("import/", imports.imports, name="import"),
    path("import/<uuid:pk>/", imports.batch, name="import_batch"),
    path("import/<uuid:pk>/progress/", imports.progress, name="import_progress"),
    path("import/<uuid:pk>/plan/", imports.change_plan, name="import_plan"),
    path("import/<uuid:pk>/begin/", imports.begin, name="import_begin"),
    path("import/<uuid:pk>/cancel/", imports.cancel, name="import_cancel"),
    path("import/<uuid:pk>/take-back/", imports.take_back, name="import_take_back"),
    path("export/", exports.export, name="export"),
]
