from django.urls import path, re_path

from inference.consumers import ChatConsumer, NoSuchSocket

websocket_urlpatterns = [
    path("ws/chat/<str:conversation_id>/", ChatConsumer.as_asgi()),
    re_path("", NoSuchSocket.as_asgi()),
]
