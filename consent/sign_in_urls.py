from django.urls import path

from consent.views import sign_ins

urlpatterns = [
    path("sign-ins/", sign_ins.sign_in_list, name="sign_ins"),
    path("sign-ins/end/", sign_ins.end_sign_in, name="end_sign_in"),
]
