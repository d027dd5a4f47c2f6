"""Addresses of the pages for teaching; part of the namespace "knowledge"."""

from django.urls import path

from knowledge.views import question_answers, questions, review_entries, reviews, taught

urlpatterns = [
    path("mine/", taught.taught, name="taught"),
    path("mine/read/", taught.read, name="taught_read"),
    path("mine/<uuid:pk>/", taught.correction, name="correction"),
    path("mine/<uuid:pk>/take-back/", taught.take_back, name="correction_take_back"),
    path("reviews/", reviews.queue, name="reviews"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
    path("reviews/<uuid:pk>/add/<str:kind>/", review_entries.add, name="review_add"),
    path("reviews/<uuid:pk>/example/", reviews.example, name="review_example"),
    path("reviews/<uuid:pk>/matter/", reviews.matter, name="review_matter"),
    path("reviews/<uuid:pk>/decline/", reviews.decline, name="review_decline"),
    path("questions/", questions.questions, name="questions"),
    path("questions/read/", questions.read, name="questions_read"),
    path("questions/ask/", questions.ask, name="ask"),
    path("questions/<uuid:pk>/take-back/", questions.take_back, name="question_take_back"),
    path("questions/<uuid:pk>/", question_answers.question, name="question"),
    path("questions/<uuid:pk>/answer/<str:kind>/", question_answers.answer, name="question_answer"),
    path("questions/<uuid:pk>/answer-with/", question_answers.answer_with, name="question_answer_with"),
    path("questions/<uuid:pk>/close/", question_answers.close, name="question_close"),
]
