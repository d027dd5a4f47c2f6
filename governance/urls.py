from django.urls import path

from governance.decision_urls import urlpatterns as decision_urls
from governance.views import records

app_name = "governance"
urlpatterns = [
    path("records/", records.records, name="records"),
    path("records/export/", records.export, name="records_export"),
    path("records/<int:index>/", records.entry, name="record_entry"),
    path("records/<int:index>/receipt/", records.receipt, name="record_receipt"),
    *decision_urls,
]
