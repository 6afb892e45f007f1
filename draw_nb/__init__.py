"DRAW: A Recurrent Neural Network For Image Generation (Gregor et al. 2015)."
__version__ = "0.1.0"

from draw_nb.network import DRAW, DRAWConfig
from draw_nb.training import Recipe, evaluate, train
from draw_nb.weights import list_pretrained, load_model, load_pretrained, save_model

__all__ = ['DRAW', 'DRAWConfig', 'Recipe', 'evaluate', 'list_pretrained', 'load_model', 'load_pretrained', 'save_model', 'train']
