"""Django Channels on Daphne: a consumer that joins its reader to a group, and a view that sends to the group."""

import json
import os

import django
from django.conf import settings

# The layer waits 5 seconds for a reader's next message, after which the client would give the connection up by itself.
REDIS = {"address": os.environ["PEER_REDIS"], "socket_timeout": None}

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],  # none is needed here, and each costs
    CHANNEL_LAYERS={"default": {
        "BACKEND": os.environ["PEER_LAYER"],
        "CONFIG": {"hosts": [REDIS], **json.loads(os.environ["PEER_LAYER_SETTINGS"])},
    }},
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Reader(AsyncWebsocketConsumer):
    async def connect(self):
        self.group = self.scope["url_route"]["kwargs"]["channel"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def say(self, event):
        await self.send(text_data=event["text"])


async def publish(request, channel):
    await get_channel_layer().group_send(channel, {"type": "say", "text": request.body.decode()})
    return HttpResponse("ok")


urlpatterns = [path("publish/<channel>", publish)]
application = ProtocolTypeRouter({
    "http": get_asgi_application(),
    "websocket": URLRouter([path("read/<channel>", Reader.as_asgi())]),
})
