from django.urls import path

from consent.views import about_me, leaving

urlpatterns = [
    path("", about_me.about_me, name="about_me"),
    path("things/<slug:kind>/", about_me.things, name="things"),
    path("things/<slug:kind>/erase/", about_me.erase_kind, name="erase_kind"),
    path("things/<slug:kind>/<slug:key>/erase/", about_me.erase_piece, name="erase_piece"),
    path("take-along/", about_me.take_along, name="take_along"),
    path("erase/", leaving.leave, name="leave"),
    path("proof/<slug:code>/", leaving.proof, name="proof"),
    path("proof/<slug:code>/file/", leaving.proof_file, name="proof_file"),
]
