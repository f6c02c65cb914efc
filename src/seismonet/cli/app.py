"""The commands, put together."""

from cyclopts import App

from seismonet import __version__

from .alerts import app as alerts
from .archive import app as archive
from .certifying import certify_command
from .configuration import config
from .demonstration import demo
from .doctor import doctor
from .evaluating import evaluate
from .events import app as events
from .golive import go_live
from .init import init
from .network import app as status
from .replaying import replay
from .running import run
from .simulate import simulate_command
from .stations import app as stations
from .targets import targets
from .top import top

app = App(
    name="seismonet",
    help="Earthquakes found and told from a handful of stations.",
    version=f"seismonet {__version__}",
)
app.command(demo)
app.command(run)
app.command(replay)
app.command(simulate_command, name="simulate")
app.command(evaluate)
app.command(certify_command, name="certify")
app.command(events)
app.command(alerts)
app.command(stations)
app.command(targets)
app.command(init)
app.command(doctor)
app.command(top)
app.command(go_live, name="go-live")
app.command(status)
app.command(archive)
app.command(config)
app.register_install_completion_command()
