"""Small embedding models with random weights, made on the spot and saved as folders: any model but the bundled one."""

import shutil
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertModel, BertTokenizer

from tests.ranking_bloggers import COFFEE, CYCLING, POTTERY

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "query", "passage", ":")
WORDS = sorted({word.strip(".,").lower() for text in (*COFFEE, *CYCLING, *POTTERY) for word in text.split()})
PROMPTS = {"query": "query: ", "passage": "passage: "}


def saved_model(
    folder: Path,
    *,
    prompts: dict[str, str] | None = None,
    seed: int = 1,
    pooling: str = "mean",
    tokens: int = 512,
    whole: bool = True,
) -> Path:
    """A BERT of two narrow layers over the test bloggers' words, which reads ``tokens`` tokens and leaves rows as long
    as they come; if not ``whole``, without the weights of a part that no row needs."""
    plain = folder.with_name(f"{folder.name}-plain")
    plain.mkdir(parents=True)
    (plain / "vocab.txt").write_text("\n".join((*MARKS, *WORDS)), encoding="utf-8")
    BertTokenizer(vocab=str(plain / "vocab.txt"), model_max_length=tokens).save_pretrained(str(plain))
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(MARKS) + len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=tokens,
    )
    BertModel(config, add_pooling_layer=whole).save_pretrained(str(plain))
    if not whole:
        shutil.copytree(plain, folder)
        return folder
    reader = Transformer(str(plain))
    modules = [reader, Pooling(reader.get_embedding_dimension(), pooling)]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder), create_model_card=False)
    return folder


def saved_static_model(folder: Path) -> Path:
    """A model of one vector for each word, without layers and without padding."""
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate((*MARKS, *WORDS))}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    torch.manual_seed(1)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=16)], device="cpu").save(
        str(folder), create_model_card=False
    )
    return folder
