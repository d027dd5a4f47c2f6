from django.urls import path

from inference import behaviour_urls
from inference.views import conversations, memory, messages, teaching

app_name = "inference"

urlpatterns = [
    path("chat/", conversations.chat, name="chat"),
    path("chat/conversations/", conversations.conversation_list, name="conversation_list"),
    path("chat/<uuid:conversation_id>/", conversations.conversation, name="conversation"),
    path("chat/<uuid:conversation_id>/rename/", conversations.rename, name="rename"),
    path("chat/<uuid:conversation_id>/delete/", conversations.delete, name="delete"),
    path("chat/messages/<uuid:message_id>/edit/", messages.edit, name="edit"),
    path("chat/messages/<uuid:message_id>/again/", messages.ask_again, name="ask_again"),
    path("chat/messages/<uuid:message_id>/stop/", messages.stop, name="stop"),
    path("chat/messages/<uuid:message_id>/show/", messages.show, name="show"),
    *behaviour_urls.urlpatterns,
    path("chat/messages/<uuid:message_id>/teach/", teaching.teach, name="teach"),
    path("chat/messages/<uuid:message_id>/ask-teachers/", teaching.ask_teachers, name="ask_teachers"),
    path("chat/messages/<uuid:message_id>/remember/", memory.remember, name="remember"),
    path("me/memory/", memory.memory, name="memory"),
    path("me/memory/<uuid:pk>/", memory.fact, name="fact"),
    path("me/memory/<uuid:pk>/forget/", memory.forget, name="forget_fact"),
]
