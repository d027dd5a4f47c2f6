from django.urls import path

from consent.views import purposes

urlpatterns = [
    path("consent/", purposes.purposes, name="purposes"),
    path("consent/history/", purposes.history, name="history"),
    path("consent/receipts/<uuid:pk>/", purposes.receipt, name="receipt"),
    path("consent/receipts/<uuid:pk>/file/", purposes.receipt_file, name="receipt_file"),
    path("welcome/", purposes.welcome, name="welcome"),
]
