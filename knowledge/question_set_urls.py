"""Addresses of the question set; part of the namespace "knowledge"."""

from django.urls import path

from knowledge.views import question_set

urlpatterns = [
    path("question-set/", question_set.question_set, name="question_set"),
    path("question-set/add/", question_set.add, name="question_set_add"),
    path("question-set/<int:pk>/remove/", question_set.remove, name="question_set_remove"),
]
