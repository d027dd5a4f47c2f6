"""Addresses of the pages about how the AI behaves; part of the namespace "inference"."""

from django.urls import path

from inference.views import behaviour, brake, evaluation, samples

urlpatterns = [
    path("ai/", behaviour.ai, name="ai"),
    path("ai/<int:number>/", behaviour.ai_version, name="ai_version"),
    path("ai/brake/", brake.brake, name="brake"),
    path("ai/brake/take-back/", brake.brake_take_back, name="brake_take_back"),
    path("ai/evaluation/", evaluation.evaluation, name="evaluation"),
    path("ai/evaluation/<int:pk>/", evaluation.evaluation_run, name="evaluation_run"),
    path("ai/questions/", samples.sample_questions, name="sample_questions"),
    path("ai/questions/<int:question>/remove/", samples.sample_question_remove, name="sample_question_remove"),
    path("ai/samples/<int:proposal>/", samples.sample_answers, name="samples"),
]
