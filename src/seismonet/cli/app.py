"""The commands, put together."""

from cyclopts import App

from seismonet import __version__

from .configuration import config
from .doctor import doctor
from .events import app as events
from .init import init
from .network import app as status
from .replaying import replay
from .stations import app as stations
from .top import top

app = App(
    name="seismonet",
    help="Earthquakes found and told from a handful of stations.",
    version=f"seismonet {__version__}",
)
app.command(replay)
app.command(events)
app.command(stations)
app.command(init)
app.command(doctor)
app.command(top)
app.command(status)
app.command(config)
app.register_install_completion_command()
